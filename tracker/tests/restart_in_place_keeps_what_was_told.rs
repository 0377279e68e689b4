//! The actor panics in a handler, in a spawned future and in `started()`, is restarted in place as
//! the engine's supervision does it, and goes on: no event twice, no counter lost.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use actix::prelude::*;
use support::{FakeTracker, config, deaf, ok, param, status_when};
use tracker::actor::{Announce, Stats, Stop};
use tracker::{Phase, Tracker, Transfer};

/// Runs the actor; a panic restarts its context where it is.
fn supervised(actor: Tracker) -> Addr<Tracker> {
    let ctx = Context::new();
    let mut future = ctx.into_future(actor);
    let addr = future.address();
    actix::spawn(poll_fn(move |cx| {
        loop {
            match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut future).poll(cx))) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(())) => return Poll::Ready(()),
                Err(_) if future.restart() => {}
                Err(_) => return Poll::Ready(()),
            }
        }
    }));
    addr
}

async fn reaches(tracker: &Addr<Tracker>, phase: Phase) {
    status_when(tracker, |status| status[0].status == phase).await;
}

#[test]
fn restart_in_place_keeps_what_was_told() {
    System::new().block_on(async {
        let fake = FakeTracker::start(|_| ok(b"d8:intervali900e5:peers0:e")).await;
        let actor = Tracker::new(config(vec![vec![fake.url()]]), deaf());
        fail::cfg("tracker::started", "1*panic").unwrap();
        let tracker = supervised(actor);
        reaches(&tracker, Phase::Working).await;

        let transfer = Transfer { uploaded: 7, downloaded: 8, left: 992 };
        tracker.send(Stats(transfer)).await.unwrap();
        for (asked, point) in ["tracker::handler", "tracker::future"].iter().enumerate() {
            fail::cfg(*point, "1*panic").unwrap();
            // The handler's panic loses the message that met it, and nothing else.
            let _ = tracker.send(Announce::Now).await;
            tracker.send(Announce::Now).await.unwrap();
            fake.wait_asked(2 + asked).await;
        }

        // No restart: the announce's own task panics, and counts as failed.
        reaches(&tracker, Phase::Working).await;
        fail::cfg("tracker::task", "1*panic").unwrap();
        tracker.send(Announce::Now).await.unwrap();
        reaches(&tracker, Phase::Failed).await;
        tracker.send(Stop).await.unwrap();

        let events = fake.events();
        assert_eq!(events.iter().filter(|event| *event == "started").count(), 1, "{events:?}");
        assert_eq!(events.last().unwrap(), "stopped");
        for target in &fake.announces()[1..] {
            assert_eq!(param(target, "uploaded").unwrap(), "7", "{target}");
        }
    });
}
