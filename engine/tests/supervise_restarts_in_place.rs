//! A panic in a handler, in `started()` or in a spawned future restarts the actor in place: its
//! address stays valid, queued messages are handled, restarts are counted, and a hopeless one ends.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use actix::prelude::*;
use engine::supervise::{self, Ledger, Policy};

#[derive(Clone, Copy, PartialEq, Debug)]
enum Place {
    Handler,
    Started,
    Future,
}

struct Fragile {
    place: Place,
    /// Panics still to come.
    left: Arc<AtomicUsize>,
    /// Lives of this actor, counted across restarts.
    lives: Arc<AtomicUsize>,
}

impl Fragile {
    fn maybe_panic(&self, place: Place) {
        let take = |left: usize| left.checked_sub(1);
        if self.place == place && self.left.fetch_update(SeqCst, SeqCst, take).is_ok() {
            panic!("{place:?} broke");
        }
    }
}

impl Actor for Fragile {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Self::Context) {
        self.lives.fetch_add(1, SeqCst);
        self.maybe_panic(Place::Started);
        ctx.spawn(async {}.into_actor(self).map(|(), actor, _| actor.maybe_panic(Place::Future)));
    }
}

impl Supervised for Fragile {}

#[derive(Message)]
#[rtype(result = "usize")]
struct Ask;

impl Handler<Ask> for Fragile {
    type Result = usize;
    fn handle(&mut self, _: Ask, _: &mut Self::Context) -> usize {
        self.maybe_panic(Place::Handler);
        self.lives.load(SeqCst)
    }
}

/// Asks until life number `life` answers: the message in hand at a panic is lost by design, and a
/// spawned future may panic only after an answer.
async fn answers_in_life(addr: &Addr<Fragile>, life: usize) {
    while addr.send(Ask).await.ok() != Some(life) {
        tokio::task::yield_now().await;
    }
}

fn survives(place: Place, panics: usize) {
    let (left, lives) = (Arc::new(AtomicUsize::new(panics)), Arc::new(AtomicUsize::new(0)));
    let ledger = Ledger::default();
    let (l, n, seen) = (left.clone(), lives.clone(), ledger.clone());
    let answered = supervise::run(async move {
        let arbiter = Arbiter::new();
        let make = move |_: &mut Context<Fragile>| Fragile { place, left: l, lives: n };
        let addr =
            supervise::start(&arbiter.handle(), Policy::restart("fragile"), &seen, make, || {});
        let answer = answers_in_life(&addr, panics + 1);
        tokio::time::timeout(Duration::from_secs(10), answer).await.is_ok()
    });
    assert!(answered.unwrap(), "{place:?}");
    assert_eq!(left.load(SeqCst), 0);
    let view = &ledger.view()[0];
    assert_eq!(view.restarts, panics as u64, "{place:?}");
    assert_eq!(view.last_error.as_deref(), Some(format!("{place:?} broke").as_str()));
}

#[test]
fn every_place_of_panic_is_survived_twice() {
    for place in [Place::Handler, Place::Started, Place::Future] {
        survives(place, 2);
    }
}

#[test]
fn an_actor_that_panics_at_every_start_ends_and_says_so() {
    let (ended_in, ended_out) = tokio::sync::oneshot::channel();
    let policy = Policy { restarts: 3, ..Policy::restart("hopeless") };
    let lives = Arc::new(AtomicUsize::new(0));
    let n = lives.clone();
    supervise::run(async move {
        let arbiter = Arbiter::new();
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let make =
            move |_: &mut Context<Fragile>| Fragile { place: Place::Started, left, lives: n };
        let ended = move || ended_in.send(()).expect("somebody waits");
        let addr = supervise::start(&arbiter.handle(), policy, &Ledger::default(), make, ended);
        tokio::time::timeout(Duration::from_secs(10), ended_out).await.unwrap().unwrap();
        assert!(addr.send(Ask).await.is_err());
    })
    .unwrap();
    assert_eq!(lives.load(SeqCst), 4);
}

#[test]
fn a_fatal_actor_stops_the_system_with_an_error() {
    let outcome = supervise::run(async {
        let arbiter = Arbiter::new();
        let (left, lives) = (Arc::new(AtomicUsize::new(1)), Arc::default());
        let make = move |_: &mut Context<Fragile>| Fragile { place: Place::Handler, left, lives };
        let policy = Policy::fatal("vital");
        let addr = supervise::start(&arbiter.handle(), policy, &Ledger::default(), make, || {});
        let _ = addr.send(Ask).await;
        std::future::pending::<()>().await;
    });
    assert!(outcome.is_err());
}
