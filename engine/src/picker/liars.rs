//! Who sent the wrong bytes of a piece whose hash failed (hostile rows 24 and 25).

use std::collections::BTreeMap;

use storage::BlockDigest;
use wire::PieceIndex;

use super::PeerKey;

/// Failed pieces remembered at most; beyond it the oldest index is forgotten.
const CAP: usize = 64;

/// What is remembered of pieces that failed: who sent each block, and what it hashed to.
#[derive(Debug, Default)]
pub struct Suspects(BTreeMap<PieceIndex, Vec<(PeerKey, usize, BlockDigest)>>);

impl Suspects {
    /// A piece failed: `senders` and `digests` block by block. Returns who lied, if that is plain
    /// already: one peer sent all of it.
    pub fn failed(
        &mut self,
        piece: PieceIndex,
        senders: &[Option<PeerKey>],
        digests: &[BlockDigest],
    ) -> Option<PeerKey> {
        if digests.is_empty() || senders.len() != digests.len() {
            return None;
        }
        let first = senders.first().copied().flatten()?;
        if senders.iter().all(|sender| *sender == Some(first)) {
            return Some(first);
        }
        let sent = senders.iter().zip(digests).enumerate();
        let sent = sent.filter_map(|(block, (sender, digest))| Some(((*sender)?, block, *digest)));
        self.0.entry(piece).or_default().extend(sent);
        while self.0.len() > CAP {
            self.0.pop_first();
        }
        None
    }

    /// Of whom some block differs between the copies of a piece that failed: one of each two lied.
    /// Where most copies of a block agree, only those who sent another.
    pub fn accused(&self, piece: PieceIndex) -> Vec<PeerKey> {
        let mut sent: BTreeMap<usize, Vec<(PeerKey, BlockDigest)>> = BTreeMap::new();
        for (peer, block, digest) in self.0.get(&piece).into_iter().flatten() {
            sent.entry(*block).or_default().push((*peer, *digest));
        }
        let differing = sent.values().flat_map(|copies| {
            let agree = |right: &BlockDigest| copies.iter().filter(|(_, d)| d == right).count();
            let right = copies.iter().map(|(_, digest)| digest).max_by_key(|d| agree(d));
            let right = right.filter(|right| agree(right) * 2 > copies.len());
            let differs = move |(_, digest): &&(PeerKey, BlockDigest)| Some(digest) != right;
            copies.iter().filter(differs).map(|(peer, _)| *peer)
        });
        let mut accused: Vec<PeerKey> = differing.collect();
        accused.sort_unstable();
        accused.dedup();
        accused
    }

    /// Whether `piece` failed before, so that its right blocks are worth hashing.
    pub fn concerns(&self, piece: PieceIndex) -> bool {
        self.0.contains_key(&piece)
    }

    /// The right blocks of a piece that had failed: whose differed. Nobody else is blamed.
    pub fn verified(&mut self, piece: PieceIndex, right: &[BlockDigest]) -> Vec<PeerKey> {
        let sent = self.0.remove(&piece).unwrap_or_default().into_iter();
        let lied = |(_, block, digest): &(PeerKey, usize, BlockDigest)| {
            right.get(*block).is_some_and(|right| right != digest)
        };
        let mut liars: Vec<PeerKey> = sent.filter(lied).map(|(peer, ..)| peer).collect();
        liars.sort_unstable();
        liars.dedup();
        liars
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECE: PieceIndex = PieceIndex(3);

    fn digests(bytes: [u8; 3]) -> Vec<BlockDigest> {
        bytes.iter().map(|byte| BlockDigest([*byte; 20])).collect()
    }

    #[test]
    fn the_one_whose_block_differs_lied_and_nobody_else() {
        let mut suspects = Suspects::default();
        let (honest, liar) = (PeerKey(1), PeerKey(2));
        let senders = [Some(honest), Some(liar), Some(liar)];
        assert_eq!(suspects.failed(PIECE, &senders, &digests([1, 2, 9])), None);
        assert!(suspects.concerns(PIECE));
        assert_eq!(suspects.verified(PIECE, &digests([1, 2, 3])), [liar]);
        assert!(!suspects.concerns(PIECE));
    }

    #[test]
    fn where_two_copies_differ_both_are_accused_until_a_third_tells() {
        let mut suspects = Suspects::default();
        let peers = |keys: [u64; 3]| keys.map(|key| Some(PeerKey(key)));
        suspects.failed(PIECE, &peers([1, 2, 3]), &digests([1, 9, 3]));
        assert_eq!(suspects.accused(PIECE), [], "nothing to compare with");
        suspects.failed(PIECE, &peers([4, 5, 6]), &digests([1, 2, 8]));
        assert_eq!(suspects.accused(PIECE), [2, 3, 5, 6].map(PeerKey));
        suspects.failed(PIECE, &peers([7, 7, 1]), &digests([7, 2, 3]));
        assert_eq!(suspects.accused(PIECE), [2, 6, 7].map(PeerKey), "the fewer lied");
    }

    #[test]
    fn a_piece_from_one_peer_needs_no_comparing() {
        let mut suspects = Suspects::default();
        let senders = [Some(PeerKey(7)); 3];
        assert_eq!(suspects.failed(PIECE, &senders, &digests([0; 3])), Some(PeerKey(7)));
        assert_eq!(suspects.failed(PIECE, &senders, &[]), None, "nobody is to blame");
    }
}
