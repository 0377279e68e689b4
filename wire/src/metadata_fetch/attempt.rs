//! One try at the metadata: of which size, from whom, and the pieces so far.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::extension::{METADATA_PIECE_LEN, metadata_pieces};

/// What is tried.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Plan<K> {
    /// Bytes of the metadata, as those who claim it say.
    pub(super) size: u32,
    /// The one peer all of it is to come from; `None` takes it from everybody who claims the size.
    pub(super) from: Option<K>,
}

impl<K: Copy + Ord> Plan<K> {
    /// Whether a peer that claims `size` takes part.
    pub(super) fn includes(&self, key: K, size: u32) -> bool {
        size == self.size && self.from.is_none_or(|from| from == key)
    }
}

#[derive(Debug)]
pub(super) struct Attempt<K> {
    pub(super) plan: Plan<K>,
    /// Until when it may go on though others wait.
    until: Instant,
    /// How long that was at first.
    slice: Duration,
    /// The last piece came, or the attempt began.
    pub(super) progressed: Instant,
    /// Who gave each piece; memory grows with what has come.
    pieces: BTreeMap<u32, (K, Bytes)>,
    missing: BTreeSet<u32>,
}

impl<K: Copy + Ord> Attempt<K> {
    pub(super) fn new(now: Instant, plan: Plan<K>, slice: Duration) -> Self {
        Self {
            plan,
            until: now + slice,
            slice,
            progressed: now,
            pieces: BTreeMap::new(),
            missing: (0..metadata_pieces(plan.size)).collect(),
        }
    }

    /// When something else is tried, if there is something else.
    pub(super) fn deadline(&self, stall: Duration) -> Instant {
        self.until.min(self.progressed + stall)
    }

    /// Nothing else is there to be tried: its time starts anew.
    pub(super) fn renew(&mut self, now: Instant) {
        self.until = now + self.slice;
    }

    pub(super) fn missing(&self) -> impl Iterator<Item = u32> + '_ {
        self.missing.iter().copied()
    }

    /// Pieces here, and pieces in all.
    pub(super) fn progress(&self) -> (u32, u32) {
        let have = self.pieces.len() as u32;
        (have, have + self.missing.len() as u32)
    }

    /// Takes a piece of the right length; of two the first stays.
    pub(super) fn put(&mut self, now: Instant, key: K, piece: u32, data: Bytes) {
        if self.missing.remove(&piece) {
            self.progressed = now;
            self.pieces.insert(piece, (key, data));
        }
    }

    /// All of it, and who gave any of it; `None` while a piece is missing.
    pub(super) fn whole(&self) -> Option<(Vec<u8>, BTreeSet<K>)> {
        if !self.missing.is_empty() {
            return None;
        }
        let mut whole = Vec::with_capacity(self.plan.size as usize);
        self.pieces.values().for_each(|(_, data)| whole.extend_from_slice(data));
        Some((whole, self.pieces.values().map(|(key, _)| *key).collect()))
    }
}

/// Bytes of `piece` of metadata of `size` bytes; 0 when there is no such piece.
pub(super) fn piece_len(size: u32, piece: u32) -> usize {
    let start = u64::from(piece) * u64::from(METADATA_PIECE_LEN);
    u64::from(size).saturating_sub(start).min(u64::from(METADATA_PIECE_LEN)) as usize
}
