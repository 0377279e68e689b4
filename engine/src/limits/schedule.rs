//! Who waits, and whom a tick serves.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::bucket::Bucket;
use super::{Direction, Rate, share};

/// Everything that flows one way. `W` is whoever waits.
#[derive(Debug)]
pub(super) struct Schedule<W> {
    global: Bucket,
    torrents: BTreeMap<u64, Lane<W>>,
    waiting: usize,
}

/// One torrent: its own limit, and its connections in the order they came. Each has one wait in it
/// of about equal size, so that first come, first served is fair among them.
#[derive(Debug)]
struct Lane<W> {
    bucket: Bucket,
    queue: VecDeque<Wait<W>>,
    /// Granted at the last tick and not used yet: for connections that ask again before the next.
    /// Without it a torrent of one connection could not use its share, one block a tick.
    credit: u64,
    /// Bytes it used since the last tick: twice as many are its likely demand.
    used: u64,
}

#[derive(Debug)]
struct Wait<W> {
    /// Bytes not paid yet.
    left: u64,
    who: W,
}

impl<W> Schedule<W> {
    pub(super) fn new(now: Instant) -> Self {
        Self { global: Bucket::new(now), torrents: BTreeMap::new(), waiting: 0 }
    }

    pub(super) fn set_global(&mut self, rate: Rate, now: Instant) {
        self.global.set(rate, now);
    }

    pub(super) fn set(&mut self, key: u64, rate: Rate, now: Instant) {
        if let Some(lane) = self.torrents.get_mut(&key) {
            lane.bucket.set(rate, now);
        }
    }

    pub(super) fn join(&mut self, key: u64, now: Instant) {
        self.torrents.insert(key, Lane::new(now));
    }

    /// Forgets a torrent; whoever waits in it is dropped.
    pub(super) fn forget(&mut self, key: u64) {
        if let Some(lane) = self.torrents.remove(&key) {
            self.waiting -= lane.queue.len();
        }
    }

    /// The smallest limit that binds a torrent.
    pub(super) fn binding(&self, key: u64) -> Rate {
        let own = self.torrents.get(&key).and_then(|lane| lane.bucket.rate());
        [own, self.global.rate()].into_iter().flatten().min()
    }

    /// Whether anybody waits: only then ticks are needed.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting > 0
    }

    /// Queues a wait; `paid` hears of it when the torrent has credit left. `Err` gives back whoever
    /// waits in a torrent that is not there.
    pub(super) fn wait(
        &mut self,
        key: u64,
        bytes: u64,
        who: W,
        now: Instant,
        paid: impl FnMut(W),
    ) -> Result<(), W> {
        let idle = !self.is_waiting();
        let Some(lane) = self.torrents.get_mut(&key) else { return Err(who) };
        if idle {
            self.global.refill(now, false);
        }
        if lane.queue.is_empty() {
            lane.bucket.refill(now, false);
        }
        lane.queue.push_back(Wait { left: bytes, who });
        self.waiting += 1;
        self.waiting -= lane.pay(paid);
        Ok(())
    }

    /// Gives out what time has brought; `paid` hears who may go on. Who is `gone` loses its place.
    pub(super) fn tick(
        &mut self,
        now: Instant,
        gone: impl Fn(&W) -> bool,
        mut paid: impl FnMut(W),
    ) {
        self.global.refill(now, self.waiting > 0);
        let mut lanes: Vec<&mut Lane<W>> =
            self.torrents.values_mut().filter(|lane| lane.is_active()).collect();
        let mut demands = Vec::with_capacity(lanes.len());
        for lane in &mut lanes {
            let before = lane.queue.len();
            lane.queue.retain(|wait| !gone(&wait.who));
            self.waiting -= before - lane.queue.len();
            lane.bucket.refill(now, true);
            let unused = std::mem::take(&mut lane.credit);
            lane.bucket.give_back(unused);
            self.global.give_back(unused);
            demands.push(lane.demand());
        }
        let caps: Vec<u64> = lanes.iter().map(|lane| lane.bucket.available()).collect();
        let grants = share(self.global.available(), &demands, &caps);
        for (lane, grant) in lanes.into_iter().zip(grants) {
            self.global.take(grant);
            lane.bucket.take(grant);
            lane.credit = grant;
            self.waiting -= lane.pay(&mut paid);
        }
    }
}

impl<W> Lane<W> {
    fn new(now: Instant) -> Self {
        Self { bucket: Bucket::new(now), queue: VecDeque::new(), credit: 0, used: 0 }
    }

    fn is_active(&self) -> bool {
        !self.queue.is_empty() || self.credit > 0 || self.used > 0
    }

    /// What it will probably use until the next tick.
    fn demand(&mut self) -> u64 {
        let queued = self.queue.iter().fold(0, |sum: u64, wait| sum.saturating_add(wait.left));
        queued.max(std::mem::take(&mut self.used).saturating_mul(2))
    }

    /// Spends its credit, the queue's head first; returns how many were served whole.
    fn pay(&mut self, mut paid: impl FnMut(W)) -> usize {
        let mut served = 0;
        while let Some(wait) = self.queue.front_mut() {
            let part = wait.left.min(self.credit);
            wait.left -= part;
            self.credit -= part;
            self.used += part;
            if wait.left > 0 {
                break;
            }
            self.queue.pop_front().into_iter().for_each(|wait| paid(wait.who));
            served += 1;
        }
        served
    }
}

/// Both ways.
#[derive(Debug)]
pub(super) struct Schedules<W> {
    down: Schedule<W>,
    up: Schedule<W>,
}

impl<W> Schedules<W> {
    pub(super) fn new(now: Instant) -> Self {
        Self { down: Schedule::new(now), up: Schedule::new(now) }
    }

    pub(super) fn of(&mut self, direction: Direction) -> &mut Schedule<W> {
        match direction {
            Direction::Down => &mut self.down,
            Direction::Up => &mut self.up,
        }
    }

    pub(super) fn both(&mut self) -> [&mut Schedule<W>; 2] {
        [&mut self.down, &mut self.up]
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.down.is_waiting() || self.up.is_waiting()
    }
}
