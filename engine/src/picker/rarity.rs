//! Availability, and the background's pieces in order of it: rarest first by counting buckets.

use wire::PieceIndex;

const ABSENT: u32 = u32::MAX;

/// How many peers have each piece, and the candidates of rarest first sorted by that.
pub(super) struct Rarity {
    /// Peers that have everything: counted once, so that they never touch the order.
    seeds: u16,
    /// Other peers that have the piece.
    others: Vec<u16>,
    /// Candidates, grouped by `others`, each group in random order.
    order: Vec<u32>,
    /// Where a piece is in `order`; `ABSENT` when it is no candidate.
    place: Vec<u32>,
    /// Where the group of each availability begins in `order`; one past the last group is implied.
    start: Vec<u32>,
    /// State of the tie breaker (xorshift).
    random: u64,
}

impl Rarity {
    pub(super) fn new(pieces: u32, seed: u64) -> Self {
        Self {
            seeds: 0,
            others: vec![0; pieces as usize],
            order: Vec::new(),
            place: vec![ABSENT; pieces as usize],
            start: vec![0],
            random: seed | 1,
        }
    }

    /// Peers that have `piece`.
    pub(super) fn availability(&self, piece: PieceIndex) -> u32 {
        u32::from(self.seeds) + u32::from(self.others.get(piece.idx()).copied().unwrap_or(0))
    }

    pub(super) fn seed_joined(&mut self) {
        self.seeds = self.seeds.saturating_add(1);
    }

    pub(super) fn seed_left(&mut self) {
        self.seeds = self.seeds.saturating_sub(1);
    }

    /// One more peer, no seed, has `piece`.
    pub(super) fn gained(&mut self, piece: PieceIndex) {
        let level = usize::from(self.others[piece.idx()]);
        if level == usize::from(u16::MAX) {
            return;
        }
        self.others[piece.idx()] += 1;
        let place = self.place[piece.idx()];
        if place == ABSENT {
            return;
        }
        while self.start.len() <= level + 1 {
            self.start.push(self.order.len() as u32);
        }
        // The last of its group becomes the first of the next one.
        let last = self.begin(level + 1) - 1;
        self.swap(place as usize, last);
        self.start[level + 1] = last as u32;
        self.shuffle(last, last..self.begin(level + 2));
    }

    /// One peer, no seed, that had `piece` has not any more.
    pub(super) fn lost(&mut self, piece: PieceIndex) {
        let level = usize::from(self.others[piece.idx()]);
        if level == 0 {
            return;
        }
        self.others[piece.idx()] -= 1;
        let place = self.place[piece.idx()];
        if place == ABSENT {
            return;
        }
        let first = self.begin(level);
        self.swap(place as usize, first);
        self.start[level] += 1;
        self.shuffle(first, self.begin(level - 1)..first + 1);
    }

    pub(super) fn put(&mut self, piece: PieceIndex, candidate: bool) {
        match (self.place[piece.idx()] != ABSENT, candidate) {
            (false, true) => self.insert(piece),
            (true, false) => self.remove(piece),
            _ => {}
        }
    }

    /// The rarest candidate that `fits`.
    pub(super) fn rarest(&self, fits: impl Fn(PieceIndex) -> bool) -> Option<PieceIndex> {
        let first = if self.seeds > 0 { 0 } else { self.begin(1) };
        let mut pieces = self.order[first..].iter().map(|p| PieceIndex(*p));
        pieces.find(|piece| fits(*piece))
    }

    fn begin(&self, level: usize) -> usize {
        self.start.get(level).map_or(self.order.len(), |s| *s as usize)
    }

    /// Opens a hole at the end of the piece's group by moving one piece of each group above.
    fn insert(&mut self, piece: PieceIndex) {
        let level = usize::from(self.others[piece.idx()]);
        while self.start.len() <= level {
            self.start.push(self.order.len() as u32);
        }
        let mut hole = self.order.len();
        self.order.push(piece.0);
        for above in (level + 1..self.start.len()).rev() {
            let first = self.start[above] as usize;
            self.shift(hole, first);
            self.start[above] += 1;
            hole = first;
        }
        self.set(hole, piece.0);
        self.shuffle(hole, self.start[level] as usize..hole + 1);
    }

    /// Swaps what stands at `at` with any of `group`.
    fn shuffle(&mut self, at: usize, group: std::ops::Range<usize>) {
        let other = group.start + (self.next_random() % group.len() as u64) as usize;
        self.swap(at, other);
    }

    fn swap(&mut self, a: usize, b: usize) {
        let (at_a, at_b) = (self.order[a], self.order[b]);
        self.set(a, at_b);
        self.set(b, at_a);
    }

    /// Closes the piece's hole with the last of its group, and so on upwards.
    fn remove(&mut self, piece: PieceIndex) {
        let mut hole = self.place[piece.idx()] as usize;
        if hole == ABSENT as usize {
            return;
        }
        let level = usize::from(self.others[piece.idx()]);
        for above in level..self.start.len() {
            let last = self.begin(above + 1) - 1;
            self.shift(hole, last);
            hole = last;
            if let Some(next) = self.start.get_mut(above + 1) {
                *next -= 1;
            }
        }
        self.order.pop();
        self.place[piece.idx()] = ABSENT;
    }

    /// Fills a hole from `from`; what stands in the hole itself is stale.
    fn shift(&mut self, hole: usize, from: usize) {
        if hole != from {
            self.set(hole, self.order[from]);
        }
    }

    fn set(&mut self, at: usize, piece: u32) {
        self.order[at] = piece;
        self.place[piece as usize] = at as u32;
    }

    fn next_random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_order_is_always_by_availability(
            steps in proptest::collection::vec((0u32..20, 0u8..4), 0..300),
        ) {
            let mut rarity = Rarity::new(20, 7);
            let mut candidates = [false; 20];
            for (piece, what) in steps {
                let piece = PieceIndex(piece);
                match what {
                    0 => rarity.gained(piece),
                    1 => rarity.lost(piece),
                    _ => {
                        candidates[piece.idx()] = what == 2;
                        rarity.put(piece, what == 2);
                    }
                }
                let order = &rarity.order;
                prop_assert!(order.is_sorted_by_key(|p| rarity.others[*p as usize]));
                prop_assert_eq!(order.len(), candidates.iter().filter(|c| **c).count());
                for (at, p) in order.iter().enumerate() {
                    prop_assert!(candidates[*p as usize]);
                    prop_assert_eq!(rarity.place[*p as usize] as usize, at);
                    let level = usize::from(rarity.others[*p as usize]);
                    prop_assert!((rarity.begin(level)..rarity.begin(level + 1)).contains(&at));
                }
            }
        }
    }
}
