//! Silent peers: what they owe is asked of others; one probe in a while tells when they are back.
//! The same of a single request on which a peer is silent while it answers others.

use std::time::Instant;

use wire::{BlockRef, PieceIndex};

use super::{PeerKey, Picker};

impl Picker {
    /// Whether no other peer would give the piece: neither snubbed nor resting.
    pub(super) fn only_giver(&self, key: PeerKey, piece: PieceIndex) -> bool {
        !self.peers.iter().any(|p| p.key != key && p.relied_on(piece))
    }

    /// Marks peers that were silent for too long, and takes back what others can bring.
    pub(super) fn find_snubbed(&mut self, now: Instant) {
        let silent = self
            .peers
            .iter()
            .filter(|p| !p.link.snubbed && p.link.too_silent(now, self.prior, &self.config));
        let silent: Vec<_> = silent.map(|p| p.key).collect();
        for key in &silent {
            if let Some(peer) = self.peers.get_mut(*key) {
                peer.link.snubbed = true;
                peer.probed_at = Some(now);
            }
            self.give_up_sole(*key);
        }
        for key in silent {
            self.reassign(key, now);
        }
        self.find_lost(now);
        self.probe_snubbed(now);
    }

    /// Asks others for what was passed over for too long: dropped without a word. No copy is made of
    /// what is expected next, which such a request is for ever.
    fn find_lost(&mut self, now: Instant) {
        let mut lost = Vec::new();
        for peer in self.peers.iter_mut() {
            let patience = peer.link.patience(self.prior, &self.config);
            for request in peer.take_lost(now, patience) {
                peer.take_back(request, now);
                lost.push((request.block, peer.key));
            }
        }
        for (block, loser) in lost {
            self.pieces.release(block, loser);
            self.ask_another(block, now);
        }
    }

    fn reassign(&mut self, key: PeerKey, now: Instant) {
        let Some(peer) = self.peers.get(key) else {
            return;
        };
        let owed = peer.queue.iter().map(|o| o.block);
        let elsewhere = owed.filter(|block| !self.only_giver(key, block.piece));
        let elsewhere: Vec<_> = elsewhere.collect();
        for block in elsewhere {
            if let Some(peer) = self.peers.get_mut(key) {
                peer.withdraw(block, now);
            }
            self.pieces.release(block, key);
        }
    }

    /// A copy of something another peer was asked for: nothing waits on the answer.
    fn probe_snubbed(&mut self, now: Instant) {
        let every = self.config.snub_probe;
        let due = self.peers.iter().filter(|p| {
            let since = p.probed_at.map(|at| now.saturating_duration_since(at));
            p.link.snubbed && p.queue.is_empty() && since.is_none_or(|s| s >= every)
        });
        let due: Vec<_> = due.map(|p| p.key).collect();
        for key in due {
            let Some(block) = self.block_to_copy(key) else {
                continue;
            };
            if self.ask_too(block, key, now)
                && let Some(peer) = self.peers.get_mut(key)
            {
                peer.probed_at = Some(now);
            }
        }
    }

    fn block_to_copy(&self, key: PeerKey) -> Option<BlockRef> {
        let peer = self.peers.get(key)?;
        let owed = self.peers.iter().flat_map(|p| p.queue.iter());
        let mut blocks = owed.map(|o| o.block).filter(|block| {
            let copies = self.pieces.block(*block).map_or(0, |b| b.holders().len());
            (1..self.config.copies).contains(&copies)
                && peer.gives(block.piece)
                && self.pieces.trusts(block.piece, key)
                && !self.pieces.suspects(*block, key)
                && !peer.cancel.contains(block)
        });
        blocks.next()
    }
}
