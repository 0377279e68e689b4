//! Which tracker hears which event, and when (BEP 3, BEP 12).
//!
//! Within a tier one tracker speaks: the first, in an order shuffled at the start, that is not
//! waiting out a failure; a good answer moves it to the front (BEP 12). All tiers are announced to
//! at once, where BEP 12 would ask the next tier only when the first is dead: tiers commonly hold
//! one tracker each and different peers, and a viewer waits for the first of them.

use std::time::Instant;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use url::Url;

use crate::TrackerError;
use crate::announce::{Answer, Event};
use crate::scrape::Counts;
use crate::tracker_state::{TrackerState, TrackerStatus};

/// Trackers of one torrent; those past it are ignored (HOSTILE 15 caps a magnet's alike).
pub const MAX_TRACKERS: usize = 64;

/// A tracker of a [`Schedule`], counted in the order of arrival; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackerIndex(usize);

/// One announce of one tracker: an outcome that names another attempt than the one in flight is
/// stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// Whom it went to.
    pub tracker: TrackerIndex,
    number: u64,
}

/// An announce to be made now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// To be handed back with the outcome.
    pub attempt: Attempt,
    /// The announce URL.
    pub url: Url,
    /// Why.
    pub event: Event,
    /// What the tracker wants returned.
    pub tracker_id: Option<Vec<u8>>,
}

/// The trackers of one torrent and when each is asked.
#[derive(Debug)]
pub struct Schedule {
    trackers: Vec<TrackerState>,
    /// Each tier's trackers in the order they are tried.
    tiers: Vec<Vec<TrackerIndex>>,
    attempts: u64,
    rng: StdRng,
    stopped: bool,
}

impl Schedule {
    /// Every tier's first tracker is due at `now`; `seed` decides who that is.
    pub fn new(tiers: &[Vec<String>], now: Instant, seed: u64) -> Self {
        let mut schedule = Self {
            trackers: Vec::new(),
            tiers: Vec::new(),
            attempts: 0,
            rng: StdRng::seed_from_u64(seed),
            stopped: false,
        };
        for tier in tiers {
            schedule.add_tier(tier, now);
        }
        schedule
    }

    /// Adds trackers that are not known yet, each as a tier of its own so that all are asked.
    pub fn add(&mut self, urls: &[String], now: Instant) {
        for url in urls {
            self.add_tier(std::slice::from_ref(url), now);
        }
    }

    fn add_tier(&mut self, urls: &[String], now: Instant) {
        let mut tier = Vec::new();
        for url in urls.iter().map(|url| url.trim()) {
            let known = self.trackers.iter().any(|tracker| tracker.text() == url);
            if !known && !url.is_empty() && self.trackers.len() < MAX_TRACKERS {
                tier.push(TrackerIndex(self.trackers.len()));
                self.trackers.push(TrackerState::new(url.to_owned(), now));
            }
        }
        if !tier.is_empty() {
            tier.shuffle(&mut self.rng);
            self.tiers.push(tier);
        }
    }

    /// The announces to make at `now`; each counts as in flight from here on.
    pub fn poll(&mut self, now: Instant) -> Vec<Due> {
        if self.stopped {
            return Vec::new();
        }
        let speakers: Vec<TrackerIndex> = (0..self.tiers.len())
            .filter(|tier| !self.is_asked(*tier))
            .filter_map(|tier| self.speaker(tier, now))
            .filter(|index| self.next(*index).is_some_and(|next| next <= now))
            .collect();
        speakers.into_iter().filter_map(|index| self.begin(index, None)).collect()
    }

    /// When [`Self::poll`] next has something; `None` until an outcome or a wish changes that.
    pub fn next_wake(&self, now: Instant) -> Option<Instant> {
        if self.stopped {
            return None;
        }
        let wake = |tier: usize| match self.speaker(tier, now) {
            Some(speaker) => self.next(speaker),
            None => self.tiers.get(tier)?.iter().filter_map(|i| self.next(*i)).min(),
        };
        (0..self.tiers.len()).filter(|tier| !self.is_asked(*tier)).filter_map(wake).min()
    }

    /// The tracker answered. False when nothing is to be done with it: the
    /// outcome is stale, or we left.
    pub fn answered(&mut self, attempt: Attempt, now: Instant, answer: &Answer) -> bool {
        let Some(tracker) = self.current(attempt) else {
            return false;
        };
        tracker.answered(now, answer);
        if self.stopped {
            return false;
        }
        for tier in &mut self.tiers {
            if let Some(position) = tier.iter().position(|index| *index == attempt.tracker) {
                tier[..=position].rotate_right(1);
            }
        }
        true
    }

    /// The announce failed. False when the outcome is stale.
    pub fn failed(&mut self, attempt: Attempt, now: Instant, error: &TrackerError) -> bool {
        let jitter = self.rng.random();
        let Some(tracker) = self.current(attempt) else {
            return false;
        };
        tracker.failed(now, error, jitter);
        true
    }

    /// A scrape told who is in the swarm.
    pub fn scraped(&mut self, tracker: TrackerIndex, counts: Counts) {
        if let Some(tracker) = self.trackers.get_mut(tracker.0) {
            tracker.scraped(counts);
        }
    }

    /// Whether we left.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The download completed in this session.
    pub fn completed(&mut self, now: Instant) {
        self.each(|tracker| tracker.completed(now));
    }

    /// More peers are wanted, as soon as the trackers' floors allow.
    pub fn hungry(&mut self, now: Instant) {
        self.each(|tracker| tracker.hungry(now));
    }

    /// Every tier is asked now, whatever its intervals say.
    pub fn reannounce(&mut self, now: Instant) {
        self.each(|tracker| tracker.reannounce(now));
    }

    /// The announces in flight are lost; they are made again at once, with their events.
    pub fn interrupted(&mut self, now: Instant) {
        self.each(|tracker| {
            if tracker.in_flight().is_some() {
                tracker.give_up();
                tracker.reannounce(now);
            }
        });
    }

    /// No announce after this but the ones returned: `stopped`, to each tracker that knows us.
    pub fn stop(&mut self) -> Vec<Due> {
        if std::mem::replace(&mut self.stopped, true) {
            return Vec::new();
        }
        (0..self.trackers.len())
            .map(TrackerIndex)
            .filter(|index| self.tracker(*index).is_some_and(TrackerState::owes_stopped))
            .collect::<Vec<_>>()
            .into_iter()
            .filter_map(|index| self.begin(index, Some(Event::Stopped)))
            .collect()
    }

    /// Every tracker, tier by tier in the order they are tried.
    pub fn status(&self, now: Instant) -> Vec<TrackerStatus> {
        let numbered = self.tiers.iter().enumerate();
        numbered
            .flat_map(|(number, tier)| tier.iter().map(move |index| (number, *index)))
            .filter_map(|(number, index)| Some(self.tracker(index)?.status(number, now)))
            .collect()
    }

    fn tracker(&self, index: TrackerIndex) -> Option<&TrackerState> {
        self.trackers.get(index.0)
    }

    fn next(&self, index: TrackerIndex) -> Option<Instant> {
        self.tracker(index)?.next()
    }

    fn each(&mut self, change: impl FnMut(&mut TrackerState)) {
        self.trackers.iter_mut().for_each(change);
    }

    /// Whether one of a tier's trackers is being asked.
    fn is_asked(&self, tier: usize) -> bool {
        let mut states = self.tiers[tier].iter().filter_map(|index| self.tracker(*index));
        states.any(|tracker| tracker.in_flight().is_some())
    }

    /// The tracker that speaks for a tier; `None` while all of them wait out failures.
    fn speaker(&self, tier: usize, now: Instant) -> Option<TrackerIndex> {
        self.tiers[tier].iter().copied().find(|index| {
            let tracker = self.tracker(*index);
            tracker.is_some_and(|tracker| !tracker.is_waiting_out_a_failure(now))
        })
    }

    fn begin(&mut self, index: TrackerIndex, event: Option<Event>) -> Option<Due> {
        self.attempts += 1;
        let tracker = self.trackers.get_mut(index.0)?;
        let url = tracker.url()?.clone();
        let owed = tracker.begin(self.attempts);
        Some(Due {
            attempt: Attempt { tracker: index, number: self.attempts },
            url,
            event: event.unwrap_or(owed),
            tracker_id: tracker.tracker_id(),
        })
    }

    /// The tracker an outcome belongs to, unless it is stale.
    fn current(&mut self, attempt: Attempt) -> Option<&mut TrackerState> {
        let tracker = self.trackers.get_mut(attempt.tracker.0)?;
        let in_flight = tracker.in_flight()?;
        (in_flight.attempt == attempt.number).then_some(tracker)
    }
}
