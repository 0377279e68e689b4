//! An unfinished piece: what each of its blocks waits for.

use std::time::Instant;

use super::PeerKey;
use super::view::BlockState;

/// Most copies of one block in flight.
pub(super) const MAX_COPIES: usize = 3;

/// One block of an unfinished piece.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// Whom it is asked of, the first `copies` of them.
    holders: [PeerKey; MAX_COPIES],
    copies: u8,
    /// Who brought it; `None` while it is missing.
    pub(super) from: Option<PeerKey>,
}

impl Block {
    const MISSING: Self = Self { holders: [PeerKey(0); MAX_COPIES], copies: 0, from: None };

    pub(super) fn holders(&self) -> &[PeerKey] {
        &self.holders[..usize::from(self.copies)]
    }

    pub(super) fn state(&self) -> BlockState {
        match self.from {
            Some(_) => BlockState::Here,
            None if self.copies > 0 => BlockState::Asked,
            None => BlockState::Missing,
        }
    }

    fn add(&mut self, peer: PeerKey) -> bool {
        let at = usize::from(self.copies);
        if at == MAX_COPIES || self.holders().contains(&peer) {
            return false;
        }
        self.holders[at] = peer;
        self.copies += 1;
        true
    }

    fn remove(&mut self, peer: PeerKey) -> bool {
        let Some(at) = self.holders().iter().position(|p| *p == peer) else {
            return false;
        };
        self.copies -= 1;
        self.holders.swap(at, usize::from(self.copies));
        true
    }
}

/// A piece whose room is reserved and whose blocks are being collected.
pub(super) struct Active {
    pub(super) blocks: Vec<Block>,
    /// Blocks that are here.
    pub(super) arrived: u32,
    /// Missing blocks nobody is asked for.
    pub(super) unrequested: u32,
    /// No block before this one is unrequested.
    hint: usize,
    /// When a block was last asked for or came: what is forgotten longest goes first.
    pub(super) touched: Instant,
    /// After several failed hashes: the one peer it is fetched from, so that a further one tells who.
    pub(super) sole: Option<PeerKey>,
    /// How often the hash was wrong.
    pub(super) failures: u32,
    /// Who may have lied, as far as the failed copies tell: others are asked while there are any.
    pub(super) accused: Vec<PeerKey>,
    /// Peers that were `sole` and failed.
    pub(super) tried: Vec<PeerKey>,
    /// Who brought each block of the copy whose hash was wrong; empty before a failure.
    pub(super) suspects: Vec<Option<PeerKey>>,
}

impl Active {
    pub(super) fn new(blocks: u32, now: Instant) -> Self {
        Self {
            blocks: vec![Block::MISSING; blocks as usize],
            arrived: 0,
            unrequested: blocks,
            hint: 0,
            touched: now,
            sole: None,
            failures: 0,
            accused: Vec::new(),
            tried: Vec::new(),
            suspects: Vec::new(),
        }
    }

    /// All blocks are here and being hashed.
    pub(super) fn verifying(&self) -> bool {
        self.arrived as usize == self.blocks.len()
    }

    /// Missing blocks that are asked of somebody.
    pub(super) fn requested(&self) -> u32 {
        self.blocks.len() as u32 - self.arrived - self.unrequested
    }

    /// The `n`-th block, counted from 0, nobody is asked for: one of those that `peer` is not suspected
    /// of, if there are any.
    pub(super) fn nth_for(&mut self, peer: PeerKey, n: u32) -> Option<u32> {
        let fit = match self.suspects.is_empty() {
            true => None,
            false => self.nth_fit(n, |index| !self.suspects(index, peer)),
        };
        fit.or_else(|| self.nth_unrequested(n))
    }

    fn nth_unrequested(&mut self, n: u32) -> Option<u32> {
        let free = |b: &Block| b.from.is_none() && b.copies == 0;
        while self.blocks.get(self.hint).is_some_and(|b| !free(b)) {
            self.hint += 1;
        }
        let mut found = (self.hint..self.blocks.len()).filter(|i| free(&self.blocks[*i]));
        found.nth(n as usize).map(|i| i as u32)
    }

    /// The same among those `fit`, or the last of them when there are not so many.
    fn nth_fit(&self, n: u32, fit: impl Fn(u32) -> bool) -> Option<u32> {
        let free = |b: &Block| b.from.is_none() && b.copies == 0;
        let blocks = self.blocks.iter().enumerate().filter(|(_, b)| free(b));
        let mut found = blocks.map(|(index, _)| index as u32).filter(|index| fit(*index));
        let mut last = found.next()?;
        for index in found.take(n as usize) {
            last = index;
        }
        Some(last)
    }

    /// The first missing block.
    pub(super) fn first_missing(&self) -> Option<u32> {
        let at = self.blocks.iter().position(|b| b.from.is_none());
        at.map(|i| i as u32)
    }

    /// Notes that `peer` is asked for the block; `false` when it already is, or need not be.
    pub(super) fn take(&mut self, index: u32, peer: PeerKey, now: Instant) -> bool {
        let Some(block) = self.blocks.get_mut(index as usize) else {
            return false;
        };
        if block.from.is_some() || !block.add(peer) {
            return false;
        }
        self.unrequested -= u32::from(block.copies == 1);
        self.touched = now;
        true
    }

    /// Notes that `peer` is not asked for the block any more; `true` when nobody is now.
    pub(super) fn release(&mut self, index: u32, peer: PeerKey) -> bool {
        let Some(block) = self.blocks.get_mut(index as usize) else {
            return false;
        };
        if !block.remove(peer) || block.copies > 0 || block.from.is_some() {
            return false;
        }
        self.unrequested += 1;
        self.hint = self.hint.min(index as usize);
        true
    }

    /// Notes that the block is here; the block as it was, or `None` when it was here before.
    pub(super) fn arrive(&mut self, index: u32, peer: PeerKey, now: Instant) -> Option<Block> {
        let block = self.blocks.get_mut(index as usize)?;
        if block.from.is_some() {
            return None;
        }
        let before = *block;
        *block = Block { from: Some(peer), ..Block::MISSING };
        self.unrequested -= u32::from(before.copies == 0);
        self.arrived += 1;
        self.touched = now;
        Some(before)
    }

    /// Whether `peer` brought this block of the copy whose hash was wrong, and that is all that is
    /// known: another one is to.
    pub(super) fn suspects(&self, index: u32, peer: PeerKey) -> bool {
        let vague = self.sole.is_none() && self.accused.is_empty();
        vague && self.suspects.get(index as usize) == Some(&Some(peer))
    }

    /// Whether there are blocks nobody is asked for that `peer` may bring, for all that is known of
    /// a wrong copy.
    pub(super) fn unsuspected(&self, peer: PeerKey) -> bool {
        self.suspects.is_empty() || self.nth_fit(0, |index| !self.suspects(index, peer)).is_some()
    }

    /// Whether `peer` may be asked for it, for all that failed copies tell.
    pub(super) fn trusts(&self, peer: PeerKey) -> bool {
        self.sole.is_none_or(|sole| sole == peer) && !self.accused.contains(&peer)
    }

    /// The hash was wrong: everything is missing again, and who brought it is remembered.
    pub(super) fn fail(&mut self) {
        self.failures += 1;
        self.suspects = self.blocks.iter().map(|b| b.from).collect();
        self.tried.extend(self.sole.take());
        self.blocks.fill(Block::MISSING);
        self.arrived = 0;
        self.unrequested = self.blocks.len() as u32;
        self.hint = 0;
    }
}
