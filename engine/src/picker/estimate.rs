//! What a peer's deliveries tell of it: rate, round trip, how deep to queue, silence.

use std::time::{Duration, Instant};

use wire::BLOCK_LEN;

use super::burst::{Burst, Pauses};
use super::{Performance, PickerConfig, Prospect};

/// Bytes queued at a peer beyond one round trip's worth, at most: 4 MiB last 14 ms at 300 MB/s,
/// longer than this process is kept from its sockets, and each further MiB is memory.
const MAX_QUEUE: f64 = 4.0 * 1024.0 * 1024.0;

/// Answers faster than this are taken to have taken it: seconds.
const LEAST_WAY: f64 = 1e-4;
/// Bytes of a block, for rates.
pub(super) const BLOCK: f64 = BLOCK_LEN as f64;
/// Share of one block's interval in the average of intervals.
const ALPHA: f64 = 0.15;
/// The average looks back at least this long, however many blocks that is: seconds.
const LEAST_MEMORY: f64 = 0.2;
/// A window lasts this share of a round trip.
const WINDOW: f64 = 0.2;
/// A request more at a peer that takes longer than this for a block costs a seek too much: seconds.
const DEAR: f64 = 0.1;
/// The first windows are as short as can be: something has to be known.
const FIRST_SAMPLES: u32 = 4;
/// A silence that says nothing: seconds, and a share of the round trip.
const UNEVEN: f64 = 0.03;
const UNEVEN_RTT: f64 = 0.2;
/// Requests more for each time a peer was found idle, and fewer for each time it was not.
const EXTRA_UP: f64 = 0.5;
const EXTRA_DOWN: f64 = 0.1;
/// Most such requests, in round trips' worth.
const EXTRA_MOST: f64 = 0.5;
/// Requests allowed for each block received, until that is no limit any more: a rate seen over a few
/// blocks is not believed at once.
const START: u32 = 16;
/// Slow start is over.
const SLOW_START_MOST: u32 = 256;
/// Reads closer than this count as one: seconds.
const LEAST_SAMPLE: f64 = 0.002;

/// How much to queue at peers.
#[derive(Clone, Copy)]
pub(super) struct Queue {
    /// Of each one's rate, beyond its round trip.
    pub(super) seconds: f64,
    /// The peers together hardly give what is consumed: none may idle.
    pub(super) scarce: bool,
}

/// What is assumed of a peer that has not shown anything yet.
#[derive(Clone, Copy)]
pub(super) struct Prior {
    /// Bytes a second: the median of the known ones.
    pub(super) rate: f64,
    /// Seconds: the median of the known ones.
    pub(super) rtt: f64,
}

impl Prior {
    pub(super) const NONE: Self = Self { rate: 128.0 * 1024.0, rtt: 0.05 };
}

/// What a connection is reckoned with at one moment.
#[derive(Clone, Copy)]
pub(super) struct Reckoning {
    /// Bytes a second: falls while it is silent for longer than its rate and the unevenness of its
    /// way explain.
    pub(super) rate: f64,
    /// Seconds of a round trip.
    pub(super) rtt: f64,
    /// Seconds until the answer to what it owes next can begin to arrive.
    pub(super) way: f64,
    /// Seconds without a byte while one could have come.
    silence: f64,
}

/// One connection's estimates.
pub(super) struct Link {
    /// Bytes a second while it owes us blocks.
    rate: Option<f64>,
    /// What it showed in an earlier connection.
    earlier: Option<Performance>,
    /// Least seconds from request to first byte on an idle connection.
    rtt: Option<f64>,
    /// Requests it may have while nothing is known of its rate.
    first: u32,
    /// Requests it may have at first: grows with every block.
    slow_start: Option<u32>,
    /// When what it has to answer next was asked for; `None` while it owes nothing.
    front: Option<Instant>,
    /// Nothing was owed before that, and no byte came since: they will tell the round trip.
    awaits_first: bool,
    /// Start of the interval being measured, and bytes since.
    mark: Option<Instant>,
    bytes: u64,
    /// Requests it needs beyond its round trip's and queue's worth to be kept busy: grows while it
    /// is found idle between blocks, for its way is uneven or its rate underestimated.
    extra: f64,
    /// Bytes of the first answer, which the round trip still contains.
    first_answer: Option<u64>,
    /// When the last whole block came.
    last_block: Option<Instant>,
    /// Intervals averaged so far.
    samples: u32,
    /// When the last byte came.
    last: Option<Instant>,
    burst: Burst,
    pauses: Pauses,
    pub(super) snubbed: bool,
}

impl Link {
    pub(super) fn new(prospect: Prospect, config: &PickerConfig) -> Self {
        let (earlier, first) = match prospect {
            Prospect::Stranger => (None, config.first_depth),
            Prospect::Alone => (None, config.lone_depth),
            Prospect::Shown(shown) => (Some(shown), config.first_depth),
        };
        Self {
            rate: None,
            earlier: earlier.filter(|earlier| earlier.rate > 0),
            rtt: None,
            first: first.max(1),
            slow_start: Some(first.max(1)),
            front: None,
            awaits_first: false,
            mark: None,
            bytes: 0,
            extra: 0.0,
            first_answer: None,
            last_block: None,
            samples: 0,
            last: None,
            burst: Burst::default(),
            pauses: Pauses::default(),
            snubbed: false,
        }
    }

    pub(super) fn known_rate(&self) -> Option<f64> {
        self.rate
    }

    pub(super) fn known_rtt(&self) -> Option<f64> {
        self.rtt
    }

    pub(super) fn rtt(&self, prior: Prior) -> f64 {
        let earlier = || self.earlier.map(|earlier| earlier.rtt.as_secs_f64());
        self.rtt.or_else(earlier).unwrap_or(prior.rtt)
    }

    /// What is known of it now: for the next connection.
    pub(super) fn performance(&self) -> Option<Performance> {
        let (rate, rtt) = (self.rate? as u64, Duration::from_secs_f64(self.rtt?));
        Some(Performance { rate, rtt })
    }

    fn earlier_rate(&self) -> Option<f64> {
        self.earlier.map(|earlier| earlier.rate as f64)
    }

    fn nominal(&self, prior: Prior) -> f64 {
        let rate = self.rate.or_else(|| self.earlier_rate()).unwrap_or(prior.rate);
        rate.max(1.0)
    }

    /// Something else, or nothing, has to be answered next: asked for at `front`.
    pub(super) fn owes(&mut self, front: Option<Instant>) {
        if self.front.is_none() && front.is_some() {
            self.awaits_first = true;
            self.mark = None;
        }
        if front.is_none() {
            self.mark = None;
            self.pauses.emptied();
        }
        self.front = front;
    }

    /// Whether it gives in bursts, with pauses between them.
    pub(super) fn pauses(&self) -> bool {
        self.pauses.length() > 0.0
    }

    /// What to reckon with now.
    pub(super) fn reckon(&self, now: Instant, prior: Prior) -> Reckoning {
        let rtt = self.rtt(prior);
        let heard = || self.last.map_or(f64::MAX, |last| seconds(now, last));
        // Seconds since what it owes next could have come.
        let since = self.front.map_or(0.0, |front| seconds(now, front) - rtt);
        let silence = if since > 0.0 { since.min(heard()) } else { 0.0 };
        // A burst under way goes on; after it nothing comes before the next.
        let pause = self.pauses().then(heard).filter(|heard| *heard > UNEVEN);
        let pause = pause.map_or(0.0, |heard| self.pauses.length() - heard);
        let way = pause.max(-since).max(0.0);
        let nominal = self.nominal(prior);
        let uneven = UNEVEN + UNEVEN_RTT * rtt;
        let explained = 2.0 * BLOCK / nominal + uneven + self.pauses.length();
        let slowed = || nominal.min(BLOCK / (silence - explained));
        let rate = if silence > explained { slowed() } else { nominal };
        Reckoning { rate, rtt, way, silence }
    }

    /// [`Reckoning::rate`] alone.
    pub(super) fn rate(&self, now: Instant, prior: Prior) -> f64 {
        self.reckon(now, prior).rate
    }

    /// Whether it has been silent for too long to be relied on.
    pub(super) fn too_silent(&self, now: Instant, prior: Prior, config: &PickerConfig) -> bool {
        if self.last.is_some_and(|last| last + config.snub_after >= now) {
            return false;
        }
        self.reckon(now, prior).silence > self.patience(prior, config)
    }

    /// Seconds without an answer that are too many.
    pub(super) fn patience(&self, prior: Prior, config: &PickerConfig) -> f64 {
        let blocks = 4.0 * BLOCK / self.nominal(prior).max(32.0 * 1024.0);
        config.snub_after.as_secs_f64().max(blocks) + self.pauses.length()
    }

    /// Requests it should have outstanding for such a queue at this rate and round trip, `reqq`
    /// aside.
    pub(super) fn depth(&self, rate: f64, rtt: f64, queue: Queue, most: u32) -> u32 {
        if self.snubbed {
            return 1;
        }
        let queued = |rate: f64| (queue.seconds * rate).min(MAX_QUEUE);
        let filled = |rate: f64| ((rtt * rate + queued(rate)) / BLOCK).ceil() as u32;
        let allowed = self.slow_start.unwrap_or(u32::MAX);
        let depth = match (self.rate, self.earlier_rate()) {
            (Some(_), _) => {
                let dear = !queue.scarce && BLOCK / rate > DEAR;
                let extra = if dear { 0 } else { self.extra as u32 };
                let least = (rtt * rate / BLOCK).ceil() as u32 + u32::from(!dear);
                let grown = match self.slow_start {
                    Some(_) if !dear => 2 * filled(rate),
                    _ => filled(rate) + extra,
                };
                grown.max(least).min(allowed)
            }
            (None, Some(earlier)) => allowed.max(filled(earlier)),
            (None, None) => allowed.min(self.first),
        };
        depth.max(self.burst.least_depth()).clamp(1, most.max(1))
    }

    /// A read brought `received` bytes, the last of them of a block asked for at `asked` (`None`:
    /// of one that was taken back). `whole`: there are whole blocks among them; `full`: with those it
    /// owed as much as it should. `owed`: blocks owed before, when these were as many as should be,
    /// else 0. To be told before [`Self::owes`].
    pub(super) fn received(
        &mut self,
        now: Instant,
        received: u64,
        asked: Option<Instant>,
        (whole, full): (bool, bool),
        owed: u32,
    ) {
        if received == 0 {
            return;
        }
        let heard = self.last.map_or(f64::MAX, |last| seconds(now, last));
        self.back(received, heard);
        let idle = self.front.map_or(0.0, |front| seconds(now, front).min(heard));
        self.burst.read(now, idle, received, owed);
        let known = (self.rtt.unwrap_or(0.0), self.rate.unwrap_or(0.0));
        let steady = self.pauses.read(now, idle, known, received);
        self.rate = steady.or(self.rate);
        let before = self.last.replace(now).unwrap_or(now);
        if let Some(asked) = asked.filter(|_| whole) {
            self.answered_in(seconds(now, asked), received, now);
            let rtt = Duration::from_secs_f64(self.rtt.unwrap_or(0.0));
            let idled = self.last_block.is_none_or(|last| asked + rtt > last);
            if full {
                self.note_idling(idled);
            }
            self.last_block = Some(now);
        }
        match asked.filter(|_| self.awaits_first) {
            Some(asked) => self.first_bytes(now, asked, received, whole),
            None => self.more_bytes(now, received, asked, before),
        }
        let blocks = received.div_ceil(u64::from(BLOCK_LEN)) as u32;
        self.slow_start = self.slow_start.map(|allowed| allowed.saturating_add(START * blocks));
        self.slow_start = self.slow_start.filter(|allowed| *allowed < SLOW_START_MOST);
    }

    /// It is not silent any more: who was snubbed is held for no faster than its silence says, until
    /// it shows more.
    fn back(&mut self, received: u64, silence: f64) {
        if std::mem::take(&mut self.snubbed) {
            self.rate = self.rate.map(|rate| rate.min(received as f64 / silence));
            self.samples = self.samples.min(1);
            self.awaits_first = false;
        }
    }

    /// No way is longer than an answer took: a first one that took much longer waited for a tick.
    fn answered_in(&mut self, took: f64, received: u64, now: Instant) {
        let Some(rtt) = self.rtt.filter(|rtt| took < *rtt) else { return };
        self.rtt = Some(took);
        if took < rtt / 2.0 && self.pauses.found(rtt - took, received, now) {
            self.rate = None;
        }
    }

    /// Whole blocks that come at once after nothing was owed tell the least the rate can be: all
    /// there is to know of a peer that answers faster than we ask.
    fn first_bytes(&mut self, now: Instant, asked: Instant, received: u64, whole: bool) {
        self.awaits_first = false;
        let elapsed = seconds(now, asked);
        let transfer = self.rate.map_or(0.0, |r| received as f64 / r);
        if self.rate.is_none() {
            self.first_answer = Some(received);
        }
        let rtt = (elapsed - transfer).max(elapsed * 0.2);
        self.rtt = Some(match self.rtt {
            Some(old) if rtt > old => old + 0.1 * (rtt - old),
            _ => rtt,
        });
        let way = self.rtt.unwrap_or(0.0).min(elapsed * 0.8);
        let least = match self.rate {
            Some(_) => received as f64 / (elapsed - way).max(LEAST_WAY),
            None => received as f64 / elapsed.max(LEAST_WAY),
        };
        // An answer that took long by its way alone tells nothing.
        let known = self.rate.unwrap_or(BLOCK / DEAR);
        if whole && least > known && !self.pauses() {
            self.rate = Some(least);
        }
        self.mark = Some(now);
        self.bytes = 0;
    }

    /// A window tells the rate from read to read while the peer had the request for what it sent
    /// when it had sent what came before: else it idled, and the window ends at the read before.
    fn more_bytes(&mut self, now: Instant, received: u64, asked: Option<Instant>, before: Instant) {
        let mark = *self.mark.get_or_insert(before);
        let rtt = Duration::from_secs_f64(self.rtt.unwrap_or(0.0));
        if asked.is_none_or(|asked| asked + rtt > before) {
            let elapsed = seconds(before, mark);
            if asked.is_some() && elapsed >= LEAST_SAMPLE && self.bytes > 0 {
                self.sample(elapsed, self.bytes);
            }
            self.mark = Some(now);
            self.bytes = 0;
            return;
        }
        self.bytes += received;
        let elapsed = seconds(now, mark);
        let window = if self.samples < FIRST_SAMPLES { 0.0 } else { WINDOW };
        if elapsed >= LEAST_SAMPLE.max(window * self.rtt.unwrap_or(0.0)) {
            self.sample(elapsed, self.bytes);
            self.mark = Some(now);
            self.bytes = 0;
        }
    }

    /// A read brought whole blocks: whether the peer had idled before them although it had all the
    /// requests it should have.
    fn note_idling(&mut self, idled: bool) {
        let rate = self.rate.unwrap_or(0.0);
        let most = (EXTRA_MOST * self.rtt.unwrap_or(0.0) * rate / BLOCK).max(1.0);
        let step = if idled { EXTRA_UP } else { -EXTRA_DOWN };
        self.extra = (self.extra + step).clamp(0.0, most);
    }

    fn sample(&mut self, elapsed: f64, bytes: u64) {
        // Within a burst, or over one pause, the rate is not what the peer gives over time.
        if self.pauses() {
            return;
        }
        self.samples = self.samples.saturating_add(1);
        let by_blocks = 1.0 - (1.0 - ALPHA).powf(bytes as f64 / BLOCK);
        let by_time = 1.0 - (-elapsed / LEAST_MEMORY).exp();
        let weight = by_blocks.min(by_time).max(1.0 / f64::from(self.samples));
        // Intervals are averaged, not rates: a peer twice as slow takes twice as long.
        let interval = elapsed.max(1e-6) / bytes.max(1) as f64;
        let old = self.rate.map_or(interval, |r| 1.0 / r);
        let rate = 1.0 / (old + weight * (interval - old));
        self.rate = Some(rate);
        if let (Some(bytes), Some(rtt)) = (self.first_answer.take(), self.rtt) {
            self.rtt = Some((rtt - bytes as f64 / rate).max(rtt * 0.5));
        }
    }
}

/// Seconds from `since` to `now`, 0 when it lies ahead.
pub(super) fn seconds(now: Instant, since: Instant) -> f64 {
    now.saturating_duration_since(since).as_secs_f64()
}
