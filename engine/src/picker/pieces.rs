//! What is here, what is wanted, and the unfinished pieces in between.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use wire::{BlockRef, Geometry, PieceIndex};

use super::PeerKey;
use super::active::{Active, Block};
use super::bits::Bits;
use super::rarity::Rarity;

/// What became of a block that arrived.
pub(super) enum Arrival {
    /// It was missing; the block as it was before.
    New(Block),
    /// It was here already, or its piece is of no interest: wasted.
    Useless,
}

/// The torrent's pieces.
pub(super) struct Pieces {
    pub(super) geometry: Geometry,
    /// Verified.
    pub(super) mine: Bits,
    /// Neither verified nor wholly asked for: what a scan for work looks at.
    pub(super) open: Bits,
    /// What the background downloads.
    pub(super) wanted: Bits,
    /// Where readers will begin: the background's first.
    pub(super) heads: Vec<PieceIndex>,
    /// Missing and wanted by the background or a cursor: what peers are interesting for.
    pub(super) needed: Bits,
    /// Unfinished pieces with blocks nobody is asked for.
    pub(super) partial: BTreeSet<PieceIndex>,
    pub(super) active: BTreeMap<PieceIndex, Active>,
    pub(super) rarity: Rarity,
    /// Grows whenever there is new work: a peer that found none looks again only after that.
    pub(super) epoch: u64,
}

impl Pieces {
    pub(super) fn new(geometry: Geometry, mine: Bits, seed: u64) -> Self {
        let count = geometry.pieces();
        let mut pieces = Self {
            geometry,
            mine,
            open: Bits::none(count),
            wanted: Bits::none(count),
            heads: Vec::new(),
            needed: Bits::none(count),
            partial: BTreeSet::new(),
            active: BTreeMap::new(),
            rarity: Rarity::new(count, seed),
            epoch: 1,
        };
        (0..count).for_each(|piece| pieces.refresh(PieceIndex(piece)));
        pieces
    }

    /// Replaces the heads by those of these that are missing.
    pub(super) fn set_heads(&mut self, heads: &[PieceIndex]) {
        self.heads = heads.iter().copied().filter(|head| !self.mine.get(*head)).collect();
    }

    pub(super) fn exists(&self, piece: PieceIndex) -> bool {
        piece.0 < self.geometry.pieces()
    }

    /// Puts the piece into the sets its state calls for.
    pub(super) fn refresh(&mut self, piece: PieceIndex) {
        let missing = !self.mine.get(piece);
        let active = self.active.get(&piece);
        let unrequested = active.map(|a| a.unrequested > 0);
        let open = missing && unrequested != Some(false);
        if self.open.put(piece, open) && open {
            self.epoch += 1;
        }
        if unrequested == Some(true) {
            self.partial.insert(piece);
        } else {
            self.partial.remove(&piece);
        }
        let candidate = missing && unrequested.is_none() && self.wanted.get(piece);
        self.rarity.put(piece, candidate);
    }

    /// Blocks of an open piece nobody is asked for.
    pub(super) fn unrequested(&self, piece: PieceIndex) -> u32 {
        match self.active.get(&piece) {
            Some(active) => active.unrequested,
            None => self.geometry.blocks(piece),
        }
    }

    pub(super) fn start(&mut self, piece: PieceIndex, now: Instant) {
        let blocks = self.geometry.blocks(piece);
        self.active.insert(piece, Active::new(blocks, now));
        self.refresh(piece);
    }

    /// Forgets an unfinished piece nobody is asked for.
    pub(super) fn forget(&mut self, piece: PieceIndex) {
        self.active.remove(&piece);
        self.refresh(piece);
        self.epoch += 1;
    }

    /// Whether `peer` may be asked for blocks of `piece` as far as failed hashes are concerned.
    pub(super) fn trusts(&self, piece: PieceIndex, peer: PeerKey) -> bool {
        self.active.get(&piece).is_none_or(|active| active.trusts(peer))
    }

    /// Whether `peer` brought this block of a copy whose hash was wrong, and another one is to now.
    pub(super) fn suspects(&self, block: BlockRef, peer: PeerKey) -> bool {
        let active = self.active.get(&block.piece);
        active.is_some_and(|a| a.suspects(block.index, peer))
    }

    /// Whether no failed hash keeps the piece from some peers.
    pub(super) fn trusts_all(&self, piece: PieceIndex) -> bool {
        self.active.get(&piece).is_none_or(|a| a.sole.is_none() && a.accused.is_empty())
    }

    pub(super) fn take(&mut self, block: BlockRef, peer: PeerKey, now: Instant) -> bool {
        let Some(active) = self.active.get_mut(&block.piece) else {
            return false;
        };
        let before = active.unrequested;
        let taken = active.take(block.index, peer, now);
        if active.unrequested == 0 && before > 0 {
            self.refresh(block.piece);
        }
        taken
    }

    /// Notes that `peer` is asked for the `n`-th block nobody is asked for of an unfinished piece.
    pub(super) fn take_nth(
        &mut self,
        piece: PieceIndex,
        n: u32,
        peer: PeerKey,
        now: Instant,
    ) -> Option<BlockRef> {
        let active = self.active.get_mut(&piece)?;
        let index = active.nth_for(peer, n)?;
        active.take(index, peer, now);
        if active.unrequested == 0 {
            self.refresh(piece);
        }
        Some(BlockRef { piece, index })
    }

    pub(super) fn release(&mut self, block: BlockRef, peer: PeerKey) {
        let active = self.active.get_mut(&block.piece);
        if active.is_some_and(|a| a.release(block.index, peer)) {
            self.epoch += 1;
            self.refresh(block.piece);
        }
    }

    pub(super) fn arrive(&mut self, block: BlockRef, peer: PeerKey, now: Instant) -> Arrival {
        let Some(active) = self.active.get_mut(&block.piece) else {
            return Arrival::Useless;
        };
        let Some(before) = active.arrive(block.index, peer, now) else {
            return Arrival::Useless;
        };
        if active.unrequested == 0 && before.holders().is_empty() {
            self.refresh(block.piece);
        }
        Arrival::New(before)
    }

    pub(super) fn block(&self, block: BlockRef) -> Option<&Block> {
        let active = self.active.get(&block.piece)?;
        active.blocks.get(block.index as usize)
    }
}
