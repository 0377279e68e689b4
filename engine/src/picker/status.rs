//! The picker's views of itself.

use std::time::{Duration, Instant};

use wire::{BlockRef, PieceIndex};

use super::{
    ActivePiece, CursorState, CursorWait, PeerEstimate, PeerKey, Performance, Picker, WaitReason,
};

impl Picker {
    /// Every connected peer, by key.
    pub fn peers(&self, now: Instant) -> Vec<PeerEstimate> {
        let view = |p: &super::peer::Peer| PeerEstimate {
            peer: p.key,
            rate: p.link.known_rate().map(|_| p.link.rate(now, self.prior) as u64),
            rtt: p.link.known_rtt().map(Duration::from_secs_f64),
            queue: p.queue.len() as u32,
            depth: p.depth,
            choked: p.choked,
            snubbed: p.link.snubbed,
            have: p.have.count(),
        };
        self.peers.iter().map(view).collect()
    }

    /// What a peer has shown in this connection; `None` before its first blocks.
    pub fn performance(&self, peer: PeerKey) -> Option<Performance> {
        self.peers.get(peer)?.link.performance()
    }

    /// Every open cursor and what it waits for.
    pub fn cursors(&self) -> Vec<CursorState> {
        let view = |c: &super::cursor::Cursor| CursorState {
            id: c.id,
            position: c.position,
            rate: c.rate() as u64,
            bitrate: c.bitrate() as u64,
            buffered: c.buffered,
            window_end: c.window_end(self.cursors.ahead),
            waits: c.blocking.map(|piece| self.wait(piece)),
        };
        self.cursors.list.iter().map(view).collect()
    }

    /// Every unfinished piece, in order.
    pub fn active_pieces(&self) -> Vec<ActivePiece> {
        let active = self.pieces.active.iter();
        active
            .map(|(piece, a)| ActivePiece {
                piece: *piece,
                blocks: a.blocks.len() as u32,
                states: a.blocks.iter().map(super::active::Block::state).collect(),
                arrived: a.arrived,
                requested: a.requested(),
                verifying: a.verifying(),
            })
            .collect()
    }

    /// When an unfinished piece is expected to be here; `None` while nobody is asked for some block.
    pub fn eta(&self, piece: PieceIndex, now: Instant) -> Option<Duration> {
        let active = self.pieces.active.get(&piece).filter(|active| active.unrequested == 0)?;
        let missing = active.blocks.iter().enumerate().filter(|(_, block)| block.from.is_none());
        let last = missing.map(|(index, asked)| {
            let block = BlockRef { piece, index: index as u32 };
            let holders = asked.holders().iter().filter_map(|key| {
                let peer = self.peers.get(*key)?;
                let place = peer.queue.iter().position(|owed| owed.block == block)?;
                Some(peer.eta_of(place, now, self.prior))
            });
            holders.fold(f64::INFINITY, f64::min)
        });
        Duration::try_from_secs_f64(last.fold(0.0, f64::max)).ok()
    }

    /// How many connected peers have `piece`.
    pub fn availability(&self, piece: PieceIndex) -> u32 {
        self.pieces.rarity.availability(piece)
    }

    /// Who brought each block of an unfinished piece: now, and the copy whose hash was wrong. To be
    /// asked before [`super::Event::PieceVerified`], which forgets both.
    pub fn contributors(&self, piece: PieceIndex) -> Vec<Contribution> {
        let Some(active) = self.pieces.active.get(&piece) else {
            return Vec::new();
        };
        let blocks = active.blocks.iter().enumerate();
        blocks
            .map(|(index, b)| Contribution {
                block: BlockRef { piece, index: index as u32 },
                now: b.from,
                failed: active.suspects.get(index).copied().flatten(),
            })
            .collect()
    }

    pub(super) fn wait(&self, piece: PieceIndex) -> CursorWait {
        let active = self.pieces.active.get(&piece);
        let missing = match active {
            Some(active) => active.first_missing(),
            None => Some(0),
        };
        let block = missing.map(|index| BlockRef { piece, index });
        let holders = block.and_then(|b| self.pieces.block(b));
        CursorWait {
            piece,
            block,
            peers: holders.map(|b| b.holders().to_vec()).unwrap_or_default(),
            reason: self.wait_reason(piece, block.is_none()),
        }
    }

    fn wait_reason(&self, piece: PieceIndex, verifying: bool) -> WaitReason {
        let failed = self.pieces.active.get(&piece).is_some_and(|active| active.failures > 0);
        if failed {
            WaitReason::HashFailed
        } else if verifying {
            WaitReason::Verifying
        } else if self.paused {
            WaitReason::Paused
        } else if !self.peers.iter().any(|p| p.have.get(piece)) {
            WaitReason::NobodyHasIt
        } else if !self.peers.iter().any(|p| p.gives(piece)) {
            WaitReason::Choked
        } else if self.no_room && !self.pieces.active.contains_key(&piece) {
            WaitReason::NoMemory
        } else {
            WaitReason::Slow
        }
    }
}

/// Who brought one block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Contribution {
    /// Which.
    pub block: BlockRef,
    /// Who brought the copy that is here; `None` while it is missing.
    pub now: Option<PeerKey>,
    /// Who brought the copy whose hash was wrong; `None` without one.
    pub failed: Option<PeerKey>,
}
