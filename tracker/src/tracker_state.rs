//! What one tracker was told and last said: which event it is owed, and when.

use std::time::{Duration, Instant};

use url::Url;

use crate::announce::{Answer, Event, MIN_INTERVAL};
use crate::scrape::Counts;
use crate::{TrackerError, client};

/// Wait after the first failure; doubled for each one more.
pub const BACKOFF_FIRST: Duration = Duration::from_secs(15);
/// Longest wait after a failure, so that a tracker back from a long outage is found again.
pub const BACKOFF_CAP: Duration = Duration::from_secs(1800);

/// A tracker's condition, as a user sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not asked yet.
    Waiting,
    /// A request is on its way.
    Announcing,
    /// Its last answer was good.
    Working,
    /// Its last answer was none, or an error.
    Failed,
}

impl Phase {
    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Announcing => "announcing",
            Self::Working => "working",
            Self::Failed => "failed",
        }
    }
}

/// One tracker of a torrent, for a status page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackerStatus {
    /// Its announce URL, as it was given.
    pub url: String,
    /// Its tier (BEP 12), from 0.
    pub tier: usize,
    /// Its condition.
    pub status: Phase,
    /// Peers it named in its last answer, after filtering.
    pub peers: usize,
    /// Seeders in its swarm, as its last answer or scrape had it; `None` where it never said.
    pub seeders: Option<u64>,
    /// Leechers in its swarm, alike.
    pub leechers: Option<u64>,
    /// Until it may be asked next; `None` while it is being asked, or never is again.
    pub next_announce: Option<Duration>,
    /// What went wrong last, or what it warned of.
    pub error: Option<String>,
}

/// The announce that is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InFlight {
    /// Tells this announce's outcome from one that was given up.
    pub(crate) attempt: u64,
    event: Event,
}

/// One tracker's state.
#[derive(Clone, Debug)]
pub(crate) struct TrackerState {
    /// The URL as it was given, for the status.
    text: String,
    /// The URL parsed; `None` makes this tracker failed for good.
    url: Option<Url>,
    in_flight: Option<InFlight>,
    /// It has answered our `started`: it counts us as a peer.
    started: bool,
    /// The download completed while it counted us as a leecher, and it does not know yet.
    completed_owed: bool,
    /// When it may be asked next; `None` is never.
    next: Option<Instant>,
    /// When it answered last, and its floor between announces then.
    answered: Option<(Instant, Duration)>,
    /// Failures since its last good answer.
    failures: u32,
    tracker_id: Option<Vec<u8>>,
    peers: usize,
    seeders: Option<u64>,
    leechers: Option<u64>,
    error: Option<String>,
}

impl TrackerState {
    /// A tracker to be asked at once, unless its URL forbids it for good.
    pub(crate) fn new(text: String, now: Instant) -> Self {
        let url = Url::parse(&text)
            .map_err(|e| TrackerError::InvalidUrl(e.to_string()))
            .and_then(|url| client::supports(&url).map(|()| url));
        let (url, error) = match url {
            Ok(url) => (Some(url), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self {
            text,
            next: url.is_some().then_some(now),
            failures: u32::from(url.is_none()),
            url,
            in_flight: None,
            started: false,
            completed_owed: false,
            answered: None,
            tracker_id: None,
            peers: 0,
            seeders: None,
            leechers: None,
            error,
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn url(&self) -> Option<&Url> {
        self.url.as_ref()
    }

    pub(crate) fn tracker_id(&self) -> Option<Vec<u8>> {
        self.tracker_id.clone()
    }

    pub(crate) fn in_flight(&self) -> Option<InFlight> {
        self.in_flight
    }

    /// When it may be asked next; `None` is never.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Whether it failed and its backoff is not over.
    pub(crate) fn is_waiting_out_a_failure(&self, now: Instant) -> bool {
        self.failures > 0 && self.next.is_none_or(|next| next > now)
    }

    /// An announce begins: the event it carries.
    pub(crate) fn begin(&mut self, attempt: u64) -> Event {
        let event = if !self.started {
            Event::Started
        } else if self.completed_owed {
            Event::Completed
        } else {
            Event::Empty
        };
        self.in_flight = Some(InFlight { attempt, event });
        event
    }

    /// A good answer to the announce in flight.
    pub(crate) fn answered(&mut self, now: Instant, answer: &Answer) {
        match self.in_flight.take().map(|f| f.event) {
            Some(Event::Started) => self.started = true,
            Some(Event::Completed) => self.completed_owed = false,
            _ => {}
        }
        let floor = answer.min_interval.unwrap_or(MIN_INTERVAL);
        self.answered = Some((now, floor));
        self.failures = 0;
        self.peers = answer.peers.len();
        self.seeders = answer.seeders.or(self.seeders);
        self.leechers = answer.leechers.or(self.leechers);
        self.error = answer.warning.clone();
        if answer.tracker_id.is_some() {
            self.tracker_id.clone_from(&answer.tracker_id);
        }
        self.next =
            if self.completed_owed { Some(now) } else { Some(now + answer.interval.max(floor)) };
    }

    /// A scrape told who is in the swarm.
    pub(crate) fn scraped(&mut self, counts: Counts) {
        self.seeders = Some(counts.complete);
        self.leechers = Some(counts.incomplete);
    }

    /// The announce in flight came to nothing. `jitter` is 0 to 255: up to a quarter is added to
    /// the wait, so that the clients of a fallen tracker do not return as one.
    pub(crate) fn failed(&mut self, now: Instant, error: &TrackerError, jitter: u8) {
        self.give_up();
        self.failures = self.failures.saturating_add(1);
        self.error = Some(error.to_string());
        let doublings = self.failures.saturating_sub(1).min(16);
        let wait = (BACKOFF_FIRST * (1 << doublings)).min(BACKOFF_CAP);
        self.next = (!error.is_permanent()).then(|| now + wait + wait * u32::from(jitter) / 1024);
    }

    /// The announce in flight will have no outcome.
    pub(crate) fn give_up(&mut self) {
        self.in_flight = None;
        // Never started as a leecher: it will hear `started` with nothing left, which says it all.
        self.completed_owed &= self.started;
    }

    /// The download completed. Only a tracker that counts us as a leecher hears of it: whoever
    /// hears `started` later hears it with nothing left (BEP 3: no `completed` then).
    pub(crate) fn completed(&mut self, now: Instant) {
        self.completed_owed = self.started || self.in_flight.is_some();
        if self.completed_owed && self.failures == 0 {
            self.next = Some(now);
        }
    }

    /// Peers are wanted: as soon as the tracker's floor allows. A failure's backoff stands.
    pub(crate) fn hungry(&mut self, now: Instant) {
        if let (0, Some((at, floor)), Some(next)) = (self.failures, self.answered, self.next) {
            self.next = Some(next.min(now.max(at + floor)));
        }
    }

    /// Somebody asks for an announce now.
    pub(crate) fn reannounce(&mut self, now: Instant) {
        if self.next.is_some() {
            self.next = Some(now);
        }
    }

    /// Whether the tracker knows us, or may: then it hears `stopped`.
    pub(crate) fn owes_stopped(&self) -> bool {
        self.started || self.in_flight.is_some()
    }

    pub(crate) fn status(&self, tier: usize, now: Instant) -> TrackerStatus {
        let status = if self.in_flight.is_some() {
            Phase::Announcing
        } else if self.failures > 0 {
            Phase::Failed
        } else if self.answered.is_some() {
            Phase::Working
        } else {
            Phase::Waiting
        };
        TrackerStatus {
            url: self.text.clone(),
            tier,
            status,
            peers: self.peers,
            seeders: self.seeders,
            leechers: self.leechers,
            next_announce: match self.in_flight {
                Some(_) => None,
                None => self.next.map(|next| next.saturating_duration_since(now)),
            },
            error: self.error.clone(),
        }
    }
}
