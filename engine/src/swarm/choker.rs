//! Who is served: tit for tat with an optimistic unchoke (BEP 3).

use std::hash::Hash;

/// What the choker knows of one peer.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<K> {
    /// The peer.
    pub key: K,
    /// Whether it wants anything of us.
    pub interested: bool,
    /// What it earned: bytes a second it gives us while we download, bytes a second it takes while
    /// we seed.
    pub rate: u64,
}

/// How many peers are served at once, the optimistic one included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UploadSlots(pub usize);

impl Default for UploadSlots {
    /// Eight: enough that a home uplink is used, few enough that each gets something.
    fn default() -> Self {
        Self(8)
    }
}

/// The peers to unchoke: the best-earning interested ones and, in the last slot, the one whose turn
/// it is (`round` advances every 30 s). Everybody else is choked.
pub fn unchoked<K: Copy + Eq + Hash + Ord>(
    candidates: &[Candidate<K>],
    slots: UploadSlots,
    round: u64,
) -> Vec<K> {
    let mut interested: Vec<_> = candidates.iter().filter(|peer| peer.interested).collect();
    if interested.len() <= slots.0 {
        return interested.into_iter().map(|peer| peer.key).collect();
    }
    interested.sort_by_key(|peer| (std::cmp::Reverse(peer.rate), peer.key));
    let (earned, others) = interested.split_at(slots.0.saturating_sub(1));
    let turn = others.get((round % others.len().max(1) as u64) as usize);
    earned.iter().chain(turn).map(|peer| peer.key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(n: u32) -> Vec<Candidate<u32>> {
        (0..n).map(|key| Candidate { key, interested: key != 1, rate: u64::from(key) }).collect()
    }

    #[test]
    fn all_interested_peers_are_served_while_there_are_slots() {
        assert_eq!(unchoked(&peers(4), UploadSlots(4), 0), [0, 2, 3]);
    }

    #[test]
    fn the_best_earn_their_slot_and_the_rest_take_turns() {
        let turns: Vec<_> =
            (0..3).map(|round| unchoked(&peers(6), UploadSlots(3), round)).collect();
        assert_eq!(turns, [[5, 4, 3], [5, 4, 2], [5, 4, 0]]);
    }
}
