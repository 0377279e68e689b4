//! One connected peer: what it has, what it owes us, what it may be asked.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use wire::{BlockRef, PieceIndex};

use super::bits::Bits;
use super::estimate::{BLOCK, Link, Prior, Queue, Reckoning, seconds};
use super::schedule::Means;
use super::{PeerKey, PickerConfig};

/// Allowed-fast pieces remembered a peer; BEP 6 suggests sets of 10.
const ALLOWED_FAST_CAP: usize = 64;

/// Seconds a block that was taken back is expected of a peer that says when it drops one.
const LATE: f64 = 30.0;
/// The same of a peer that does not (no fast extension).
const LATE_UNTOLD: f64 = 1.0;

/// A request that is not answered yet.
#[derive(Clone, Copy)]
pub(super) struct Outstanding {
    pub(super) block: BlockRef,
    /// When it was made.
    pub(super) at: Instant,
    /// Counts the peer's requests: it answers them in their order.
    nth: u64,
    /// When a later one was answered first.
    passed: Option<Instant>,
}

/// A request that was taken back.
#[derive(Clone, Copy)]
pub(super) struct TakenBack {
    request: Outstanding,
    /// When it was taken back.
    at: Instant,
}

/// When a peer brings what.
#[derive(Clone, Copy)]
pub(super) struct Outlook {
    /// Bytes a second.
    pub(super) rate: f64,
    /// Seconds a block.
    block: f64,
    /// Seconds until the answer to its first request can begin to come.
    first: f64,
    /// Seconds of a round trip.
    pub(super) rtt: f64,
    /// Blocks of the first answer that are here.
    begun: f64,
}

impl Outlook {
    /// Seconds until a request at `place` of its queue, made `asked` seconds ago, is answered.
    pub(super) fn eta(&self, place: usize, asked: f64) -> f64 {
        let queued = (place as f64 - self.begun).max(0.0) * self.block;
        (self.first + queued).max(self.rtt - asked) + self.block
    }
}

/// One connected peer.
pub(super) struct Peer {
    pub(super) key: PeerKey,
    pub(super) have: Bits,
    pub(super) choked: bool,
    pub(super) fast: bool,
    /// Most requests at once, whatever its rate.
    most: u32,
    /// Pieces it gives even while it chokes us.
    allowed: Vec<PieceIndex>,
    /// What it owes us, in the order it was asked: a peer serves its requests in order.
    pub(super) queue: VecDeque<Outstanding>,
    /// Taken back, but neither rejected nor brought, nor passed over by the answer to a later request:
    /// it comes before what is asked for now.
    pub(super) late: VecDeque<TakenBack>,
    /// Requests made.
    asked: u64,
    /// Bytes of a block that is not whole yet.
    partial: f64,
    pub(super) link: Link,
    /// Pieces it has that we need; what `interested` follows.
    pub(super) useful: u32,
    /// What it was last told.
    pub(super) interested: bool,
    pub(super) quickack: bool,
    /// Requests it may have outstanding, as of the last scheduling.
    pub(super) depth: u32,
    /// What it could do at the last look at all peers.
    pub(super) means: Means,
    /// The epoch in which no work was found for it.
    pub(super) dry: u64,
    /// Not asked again before: it rejected what it should give.
    pub(super) retry_at: Option<Instant>,
    strikes: u32,
    /// When it was last probed while snubbed.
    pub(super) probed_at: Option<Instant>,
    /// Requests and cancels of this turn, not yet said.
    pub(super) ask: Vec<BlockRef>,
    pub(super) cancel: Vec<BlockRef>,
}

impl Peer {
    pub(super) fn new(
        key: PeerKey,
        fast: bool,
        reqq: u32,
        link: Link,
        pieces: u32,
        config: &PickerConfig,
    ) -> Self {
        Self {
            key,
            have: Bits::none(pieces),
            choked: true,
            fast,
            most: reqq.clamp(1, config.max_depth.max(1)),
            allowed: Vec::new(),
            queue: VecDeque::new(),
            late: VecDeque::new(),
            asked: 0,
            partial: 0.0,
            link,
            useful: 0,
            interested: false,
            quickack: false,
            depth: 1,
            means: Means::default(),
            dry: 0,
            retry_at: None,
            strikes: 0,
            probed_at: None,
            ask: Vec::new(),
            cancel: Vec::new(),
        }
    }

    /// Whether it has the piece and would give it now.
    pub(super) fn gives(&self, piece: PieceIndex) -> bool {
        self.have.get(piece) && (!self.choked || self.allowed.contains(&piece))
    }

    /// Whether it would give the piece now and is neither silent nor to be left alone.
    pub(super) fn relied_on(&self, piece: PieceIndex) -> bool {
        self.gives(piece) && !self.link.snubbed && self.retry_at.is_none()
    }

    /// Word `index` of the pieces it would give now; bits that stand for no piece may be set.
    pub(super) fn word(&self, index: usize) -> u64 {
        let have = if self.have.is_full() { !0 } else { self.have.word(index) };
        if !self.choked || have == 0 {
            return have;
        }
        let here = self.allowed.iter().filter(|p| p.idx() / 64 == index);
        have & here.fold(0, |word, p| word | 1 << (p.0 % 64))
    }

    /// Whether it gives anything at all now.
    pub(super) fn open(&self) -> bool {
        !self.choked || !self.allowed.is_empty()
    }

    pub(super) fn allow(&mut self, piece: PieceIndex) {
        if self.fast && self.allowed.len() < ALLOWED_FAST_CAP && !self.allowed.contains(&piece) {
            self.allowed.push(piece);
            self.dry = 0;
        }
    }

    pub(super) fn is_allowed(&self, piece: PieceIndex) -> bool {
        self.allowed.contains(&piece)
    }

    /// Sizes its queue for what is reckoned with.
    pub(super) fn size_depth(&mut self, outlook: Outlook, queue: Queue) {
        self.depth = self.link.depth(outlook.rate, outlook.rtt, queue, self.most);
    }

    /// How many more requests it takes, `extra` above its depth.
    pub(super) fn room(&self, extra: u32) -> usize {
        let depth = self.depth.saturating_add(extra).min(self.most);
        (depth as usize).saturating_sub(self.queue.len())
    }

    /// Seconds until it would have brought one more block.
    pub(super) fn eta(&self, now: Instant, prior: Prior) -> f64 {
        self.next_eta(self.outlook(now, prior))
    }

    /// The same by its outlook.
    pub(super) fn next_eta(&self, outlook: Outlook) -> f64 {
        outlook.eta(self.queue.len(), 0.0)
    }

    /// Seconds until the request at `place` of its queue is answered.
    pub(super) fn eta_of(&self, place: usize, now: Instant, prior: Prior) -> f64 {
        let asked = self.queue.get(place).map_or(0.0, |o| seconds(now, o.at));
        self.outlook(now, prior).eta(place, asked)
    }

    /// What its deliveries will be like. What was taken back and still comes does so while the
    /// first request is on its way.
    pub(super) fn outlook(&self, now: Instant, prior: Prior) -> Outlook {
        let Reckoning { rate, rtt, way, .. } = self.link.reckon(now, prior);
        let block = BLOCK / rate;
        let first = way.max(self.late.len() as f64 * block);
        Outlook { rate, block, first, rtt, begun: self.partial / BLOCK }
    }

    /// Queues a request.
    pub(super) fn ask(&mut self, block: BlockRef, now: Instant) {
        self.asked += 1;
        self.queue.push_back(Outstanding { block, at: now, nth: self.asked, passed: None });
        self.ask.push(block);
        self.rest();
    }

    /// A read brought this many bytes, and with them blocks of `whole` bytes.
    pub(super) fn progressed(&mut self, received: u64, whole: u64) {
        let partial = self.partial + received as f64 - whole as f64;
        self.partial = partial.clamp(0.0, BLOCK);
    }

    /// A block that was taken back came or was rejected; `false` when it was not taken back.
    pub(super) fn answered(&mut self, block: BlockRef) -> bool {
        let place = self.late.iter().position(|late| late.request.block == block);
        place.is_some_and(|place| self.late.remove(place).is_some())
    }

    /// A block came; when it was asked for, `None` when no such request stands. What was asked for
    /// before it is passed over, and won't come any more where it was taken back: not every peer says
    /// that it drops a request.
    pub(super) fn brought(&mut self, block: BlockRef, now: Instant) -> Option<Instant> {
        self.answered(block);
        let place = self.queue.iter().position(|o| o.block == block)?;
        for earlier in self.queue.range_mut(..place) {
            earlier.passed.get_or_insert(now);
        }
        let Outstanding { at, nth, .. } = self.queue.remove(place)?;
        self.late.retain(|late| late.request.nth > nth);
        Some(at)
    }

    /// Requests that were passed over so many seconds ago: the peer has lost them.
    pub(super) fn take_lost(&mut self, now: Instant, patience: f64) -> Vec<Outstanding> {
        let lost = |owed: &Outstanding| owed.passed.is_some_and(|at| seconds(now, at) > patience);
        // Whoever is passed over leaves nobody before it who is not.
        if self.queue.front().is_some_and(lost) { self.take(lost) } else { Vec::new() }
    }

    /// Takes a request back that is not in the queue any more; one of this very turn was never said.
    pub(super) fn take_back(&mut self, request: Outstanding, now: Instant) {
        match self.ask.iter().position(|asked| *asked == request.block) {
            Some(unsaid) => {
                self.ask.remove(unsaid);
            }
            None => {
                self.cancel.push(request.block);
                self.late.push_back(TakenBack { request, at: now });
            }
        }
    }

    /// Forgets what was taken back so long ago that it will not come.
    pub(super) fn forget_late(&mut self, now: Instant) {
        let most = if self.fast { LATE } else { LATE_UNTOLD };
        while self.late.front().is_some_and(|late| seconds(now, late.at) > most) {
            self.late.pop_front();
        }
    }

    /// Takes a request back.
    pub(super) fn withdraw(&mut self, block: BlockRef, now: Instant) {
        let place = self.queue.iter().position(|o| o.block == block);
        if let Some(request) = place.and_then(|place| self.queue.remove(place)) {
            self.take_back(request, now);
            self.rest();
        }
    }

    /// Empties the queue of what `drop` says, in order.
    pub(super) fn take_if(&mut self, drop: impl Fn(BlockRef) -> bool) -> Vec<Outstanding> {
        self.take(|owed| drop(owed.block))
    }

    fn take(&mut self, drop: impl Fn(&Outstanding) -> bool) -> Vec<Outstanding> {
        let mut taken = Vec::new();
        self.queue.retain(|owed| {
            let gone = drop(owed);
            if gone {
                taken.push(*owed);
            }
            !gone
        });
        self.rest();
        taken
    }

    /// Tells the link what is to be answered next.
    pub(super) fn rest(&mut self) {
        let front = self.queue.front().map(|owed| owed.at);
        self.link.owes(front);
    }

    /// It rejected a request that stood: wait longer each time, 0.2 s to 10 s.
    pub(super) fn strike(&mut self, now: Instant) {
        if self.retry_at.is_none_or(|at| at <= now) {
            self.strikes = (self.strikes + 1).min(6);
            let wait = Duration::from_millis(100 << self.strikes).min(Duration::from_secs(10));
            self.retry_at = Some(now + wait);
        }
    }

    /// It brought a block: its rejections are forgiven.
    pub(super) fn forgive(&mut self) {
        self.strikes = 0;
        self.retry_at = None;
    }

    /// Whether its rejections keep it from being asked now.
    pub(super) fn resting(&self, now: Instant) -> bool {
        self.retry_at.is_some_and(|at| at > now)
    }
}
