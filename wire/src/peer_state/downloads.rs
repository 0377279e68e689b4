//! Blocks we asked the peer for.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::{BlockRef, PieceIndex};

/// A request given up, or dropped by a choke, counts as asked for this long: its answer may have
/// been on the way (HOSTILE 22).
pub const EXPECTED_FOR: Duration = Duration::from_secs(30);

/// Requests given up that are remembered; beyond, the oldest is forgotten.
const MAX_EXPECTED: usize = 4096;

/// Peers answer in order, so both queues are searched from the front and a hit is mostly the first.
#[derive(Debug, Default)]
pub(super) struct Downloads {
    outstanding: VecDeque<BlockRef>,
    /// Given up, with the time to forget each, which only grows. The same block may stand here and
    /// above, or here twice: each request sent gets one answer at most.
    expected: VecDeque<(Instant, BlockRef)>,
}

impl Downloads {
    pub(super) fn outstanding(&self) -> impl ExactSizeIterator<Item = BlockRef> + '_ {
        self.outstanding.iter().copied()
    }

    /// Notes a request; `false` when it stands already.
    pub(super) fn ask(&mut self, block: BlockRef) -> bool {
        let news = !self.outstanding.contains(&block);
        if news {
            self.outstanding.push_back(block);
        }
        news
    }

    /// Gives a request up; `false` when there is none.
    pub(super) fn give_up(&mut self, now: Instant, block: BlockRef) -> bool {
        let found = remove(&mut self.outstanding, |b| *b == block);
        if found {
            self.expect(now, block);
        }
        found
    }

    /// Gives up the oldest request, if any.
    pub(super) fn give_up_next(&mut self, now: Instant) -> Option<BlockRef> {
        let block = self.outstanding.pop_front()?;
        self.expect(now, block);
        Some(block)
    }

    /// Gives up what was asked of one piece.
    pub(super) fn give_up_piece(
        &mut self,
        now: Instant,
        piece: PieceIndex,
    ) -> impl Iterator<Item = BlockRef> {
        let (lost, kept): (VecDeque<_>, VecDeque<_>) =
            self.outstanding.drain(..).partition(|block| block.piece == piece);
        self.outstanding = kept;
        lost.iter().for_each(|block| self.expect(now, *block));
        lost.into_iter()
    }

    /// Whether a block that came was asked for; it is not any more.
    pub(super) fn came(&mut self, now: Instant, block: BlockRef) -> bool {
        remove(&mut self.outstanding, |b| *b == block) || self.take_expected(now, block)
    }

    /// Whether a block that is rejected was asked for; it is not any more. The peer answers in order,
    /// so a request given up before comes first.
    pub(super) fn rejected(&mut self, now: Instant, block: BlockRef) -> bool {
        self.take_expected(now, block) || remove(&mut self.outstanding, |b| *b == block)
    }

    /// Forgets what can't be on the way any more.
    pub(super) fn forget(&mut self, now: Instant) {
        while self.expected.front().is_some_and(|(until, _)| *until <= now) {
            self.expected.pop_front();
        }
    }

    fn expect(&mut self, now: Instant, block: BlockRef) {
        if self.expected.len() == MAX_EXPECTED {
            self.expected.pop_front();
        }
        self.expected.push_back((now + EXPECTED_FOR, block));
    }

    fn take_expected(&mut self, now: Instant, block: BlockRef) -> bool {
        remove(&mut self.expected, |(until, b)| *b == block && *until > now)
    }
}

fn remove<T>(queue: &mut VecDeque<T>, found: impl Fn(&T) -> bool) -> bool {
    match queue.iter().position(found) {
        Some(at) => queue.remove(at).is_some(),
        None => false,
    }
}
