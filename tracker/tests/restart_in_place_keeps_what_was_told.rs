//! The actor panics in a handler, in a spawned future and in `started()`, is restarted in place as
//! the engine's supervision does it, and goes on: no event twice, no counter lost.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use actix::prelude::*;
use support::{FakeTracker, config, ok, param};
use tracker::actor::{Announce, Stats, Status, Stop};
use tracker::{PeersFound, Phase, Tracker, Transfer};

/// Nobody: peers go nowhere.
struct Deaf;

impl Actor for Deaf {
    type Context = Context<Self>;
}

impl Handler<PeersFound> for Deaf {
    type Result = ();
    fn handle(&mut self, _: PeersFound, _: &mut Self::Context) {}
}

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

async fn wait_phase(tracker: &Addr<Tracker>, phase: Phase) {
    let wait = async {
        while tracker.send(Status).await.unwrap()[0].status != phase {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait).await.unwrap();
}

#[test]
fn restart_in_place_keeps_what_was_told() {
    System::new().block_on(async {
        let fake = FakeTracker::start(|_| ok(b"d8:intervali900e5:peers0:e")).await;
        let deaf = Deaf.start();
        let actor = Tracker::new(config(vec![vec![fake.url()]]), deaf.recipient());
        fail::cfg("tracker::started", "1*panic").unwrap();
        let tracker = supervised(actor);
        wait_phase(&tracker, Phase::Working).await;

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
        wait_phase(&tracker, Phase::Working).await;
        fail::cfg("tracker::task", "1*panic").unwrap();
        tracker.send(Announce::Now).await.unwrap();
        wait_phase(&tracker, Phase::Failed).await;
        tracker.send(Stop).await.unwrap();

        let events = fake.events();
        assert_eq!(events.iter().filter(|event| *event == "started").count(), 1, "{events:?}");
        assert_eq!(events.last().unwrap(), "stopped");
        for target in &fake.announces()[1..] {
            assert_eq!(param(target, "uploaded").unwrap(), "7", "{target}");
        }
    });
}
