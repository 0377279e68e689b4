//! `Tracker`: the announces of one torrent.
//!
//! | hears | says |
//! | --- | --- |
//! | [`Stats`], [`Announce`], [`Completed`], [`AddTrackers`], [`Status`], [`Stop`] | [`PeersFound`] |
//!
//! Handlers only change the [`Schedule`] and arm one wake-up; the wake-up starts what is due, each
//! announce as a task whose outcome returns as a message. Wishes are coalesced: a second one before
//! the wake-up, or while an announce is in flight, changes nothing. At most one announce a tier is
//! in flight, so at most [`MAX_TRACKERS`] outcomes are ever queued.
//!
//! A task whose outcome is told goes on for what may still come: the answer over the other address
//! family (BEP 7), and a scrape (BEP 48) where the answer held no counts. With `MAX_TASKS` such
//! tasks about, a new one leaves that out.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use actix::WeakAddr;
use actix::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;
use wire::{InfoHash, PeerId};

use crate::announce::{Answer, Event, NUMWANT, Request, Transfer};
use crate::client::{Announced, Client};
use crate::schedule::{Attempt, Due, MAX_TRACKERS, Schedule, TrackerIndex};
use crate::scrape::Counts;
use crate::{TrackerError, TrackerStatus};
use wire::AddressPolicy;

/// How long [`Stop`] waits for the trackers to take note.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(2);
/// Tasks of one torrent: its announces in flight, and as many that wait for what may still come.
const MAX_TASKS: usize = 2 * MAX_TRACKERS;

/// What a torrent's announces need.
#[derive(Clone, Debug)]
pub struct Config {
    /// The torrent.
    pub info_hash: InfoHash,
    /// Who we are in its swarm.
    pub peer_id: PeerId,
    /// The port peers reach us at.
    pub port: u16,
    /// Announce URLs by tier (BEP 12).
    pub tiers: Vec<Vec<String>>,
    /// Which hosts may be asked, and which peers are taken from their answers.
    pub policy: AddressPolicy,
    /// The counters at the start, so that the first announce is true.
    pub transfer: Transfer,
    /// Shuffles the tiers and makes the announces' `key`.
    pub seed: u64,
}

/// Peers a tracker named: permitted by the policy, neither deduplicated nor known to be alive.
#[derive(Clone, Debug, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct PeersFound {
    /// Whose peers.
    pub info_hash: InfoHash,
    /// At most [`crate::announce::MAX_PEERS`].
    pub peers: Vec<SocketAddr>,
}

/// The counters as they are now; the latest are sent with the next announce.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Stats(pub Transfer);

/// An announce is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub enum Announce {
    /// Peers are few: as soon as the trackers' own floors allow.
    Hungry,
    /// Somebody asked for it: now, those that failed included.
    Now,
}

/// The download completed in this session; not for a torrent that was complete when it started.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Completed;

/// Trackers to ask beside the known ones, each as a tier of its own.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct AddTrackers(pub Vec<String>);

/// What every tracker last said, tier by tier.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Vec<TrackerStatus>")]
pub struct Status;

/// Tells the trackers that we leave, then stops the actor; resolves when that is done, within
/// [`STOP_TIMEOUT`].
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Stop;

/// An announce's outcome.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Outcome {
    attempt: Attempt,
    result: Result<Answer, TrackerError>,
}

/// What a tracker said after its outcome was told.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Afterwards {
    tracker: TrackerIndex,
    /// Peers over the other address family.
    peers: Vec<SocketAddr>,
    counts: Option<Counts>,
}

/// Sends an announce's outcome when dropped, so that a task which panics has one too: without it its
/// tier would wait for ever.
struct Report {
    tracker: WeakAddr<Tracker>,
    attempt: Attempt,
    result: Result<Answer, TrackerError>,
}

impl Drop for Report {
    fn drop(&mut self) {
        if let Some(tracker) = self.tracker.upgrade() {
            tracker.do_send(Outcome {
                attempt: self.attempt,
                result: std::mem::replace(&mut self.result, Err(TrackerError::GivenUp)),
            });
        }
    }
}

/// The actor.
#[derive(Debug)]
pub struct Tracker {
    config: Config,
    /// Hears of peers. A torrent that is gone is no reason to fail.
    found: Recipient<PeersFound>,
    schedule: Schedule,
    client: Client,
    transfer: Transfer,
    /// This session's `key` (BEP 3).
    key: u32,
    /// Announces in flight; dropping it aborts them.
    tasks: JoinSet<()>,
    /// The armed wake-up.
    wake: Option<SpawnHandle>,
}

impl Tracker {
    /// A tracker actor to be started; its first announces are due at once.
    pub fn new(config: Config, found: Recipient<PeersFound>) -> Self {
        Self {
            schedule: Schedule::new(&config.tiers, Instant::now(), config.seed),
            client: Client::new(config.policy),
            transfer: config.transfer,
            key: StdRng::seed_from_u64(config.seed).random(),
            tasks: JoinSet::new(),
            wake: None,
            found,
            config,
        }
    }

    /// Arms the wake-up for the next announce, in place of the armed one.
    fn arm(&mut self, ctx: &mut Context<Self>) {
        if let Some(wake) = self.wake.take() {
            ctx.cancel_future(wake);
        }
        if let Some(at) = self.schedule.next_wake(Instant::now()) {
            let sleep = tokio::time::sleep_until(at.into()).into_actor(self);
            self.wake = Some(ctx.spawn(sleep.map(|(), tracker, ctx| tracker.wake(ctx))));
        }
    }

    fn wake(&mut self, ctx: &mut Context<Self>) {
        fail::fail_point!("tracker::future");
        self.wake = None;
        for due in self.schedule.poll(Instant::now()) {
            self.announce(due, ctx);
        }
        self.arm(ctx);
    }

    /// Starts one announce as a task.
    fn announce(&mut self, due: Due, ctx: &mut Context<Self>) {
        let request = self.request(&due);
        let client = self.client.clone();
        let tracker = ctx.address().downgrade();
        while self.tasks.try_join_next().is_some() {}
        let is_patient = self.tasks.len() < MAX_TASKS;
        self.tasks.spawn(async move {
            let attempt = due.attempt;
            let mut report =
                Report { tracker: tracker.clone(), attempt, result: Err(TrackerError::GivenUp) };
            fail::fail_point!("tracker::task");
            let announced = client.announce(&due.url, &request).await;
            report.result = announced.as_ref().map(|a| a.answer.clone()).map_err(Clone::clone);
            drop(report);
            if let (Ok(announced), true) = (announced, is_patient) {
                let later = afterwards(announced, &client, &due, &request).await;
                if let (Some(later), Some(tracker)) = (later, tracker.upgrade()) {
                    tracker.do_send(later);
                }
            }
        });
    }

    fn request(&self, due: &Due) -> Request {
        Request {
            info_hash: self.config.info_hash,
            peer_id: self.config.peer_id,
            port: self.config.port,
            key: self.key,
            transfer: self.transfer,
            event: due.event,
            numwant: if due.event == Event::Stopped { 0 } else { NUMWANT },
            tracker_id: due.tracker_id.clone(),
        }
    }

    /// Passes peers on, if there are any.
    fn tell(&self, peers: Vec<SocketAddr>) {
        if !peers.is_empty() {
            self.found.do_send(PeersFound { info_hash: self.config.info_hash, peers });
        }
    }

    fn take_note(&mut self, outcome: Outcome) {
        let now = Instant::now();
        match outcome.result {
            Ok(answer) => {
                if self.schedule.answered(outcome.attempt, now, &answer) {
                    self.tell(answer.peers);
                }
            }
            Err(error) => {
                tracing::debug!(info_hash = %self.config.info_hash, %error, "announce failed");
                self.schedule.failed(outcome.attempt, now, &error);
            }
        }
    }
}

/// Waits for what a tracker says beside its first answer.
async fn afterwards(
    mut announced: Announced,
    client: &Client,
    due: &Due,
    request: &Request,
) -> Option<Afterwards> {
    let tracker = due.attempt.tracker;
    let peers = announced.other_family().await.map(|answer| answer.peers).unwrap_or_default();
    let answer = &announced.answer;
    let is_told = answer.seeders.is_some() && answer.leechers.is_some();
    let counts = if is_told || due.event == Event::Stopped {
        None
    } else {
        let scraped = client.scrape(&due.url, &[request.info_hash]).await;
        scraped.ok().and_then(|swarms| swarms.first().map(|(_, counts)| *counts))
    };
    (counts.is_some() || !peers.is_empty()).then_some(Afterwards { tracker, peers, counts })
}

impl Actor for Tracker {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        fail::fail_point!("tracker::started");
        self.arm(ctx);
    }
}

impl Supervised for Tracker {
    /// The counters stay, and what each tracker was told; announces in flight are made again.
    fn restarting(&mut self, _: &mut Self::Context) {
        self.tasks.abort_all();
        self.wake = None;
        self.schedule.interrupted(Instant::now());
    }
}

impl Handler<Stats> for Tracker {
    type Result = ();

    fn handle(&mut self, Stats(transfer): Stats, _: &mut Self::Context) {
        self.transfer = transfer;
    }
}

impl Handler<Announce> for Tracker {
    type Result = ();

    fn handle(&mut self, wish: Announce, ctx: &mut Self::Context) {
        fail::fail_point!("tracker::handler");
        match wish {
            Announce::Hungry => self.schedule.hungry(Instant::now()),
            Announce::Now => self.schedule.reannounce(Instant::now()),
        }
        self.arm(ctx);
    }
}

impl Handler<Completed> for Tracker {
    type Result = ();

    fn handle(&mut self, _: Completed, ctx: &mut Self::Context) {
        self.schedule.completed(Instant::now());
        self.arm(ctx);
    }
}

impl Handler<AddTrackers> for Tracker {
    type Result = ();

    fn handle(&mut self, AddTrackers(urls): AddTrackers, ctx: &mut Self::Context) {
        self.schedule.add(&urls, Instant::now());
        self.arm(ctx);
    }
}

impl Handler<Status> for Tracker {
    type Result = MessageResult<Status>;

    fn handle(&mut self, _: Status, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.schedule.status(Instant::now()))
    }
}

impl Handler<Outcome> for Tracker {
    type Result = ();

    fn handle(&mut self, outcome: Outcome, ctx: &mut Self::Context) {
        self.take_note(outcome);
        self.arm(ctx);
    }
}

impl Handler<Afterwards> for Tracker {
    type Result = ();

    fn handle(&mut self, later: Afterwards, _: &mut Self::Context) {
        if let Some(counts) = later.counts {
            self.schedule.scraped(later.tracker, counts);
        }
        if !self.schedule.is_stopped() {
            self.tell(later.peers);
        }
    }
}

impl Handler<Stop> for Tracker {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Stop, ctx: &mut Self::Context) -> Self::Result {
        let goodbyes = self.schedule.stop();
        self.tasks.abort_all();
        for due in goodbyes {
            self.announce(due, ctx);
        }
        let mut tasks = std::mem::take(&mut self.tasks);
        let said = async move { while tasks.join_next().await.is_some() {} };
        let limited = tokio::time::timeout(STOP_TIMEOUT, said).into_actor(self);
        Box::pin(limited.map(|_, _, ctx: &mut Context<Self>| ctx.stop()))
    }
}
