//! Sets of pieces as 64-bit words, for scans that skip what is of no interest.

use wire::{Bitfield, PieceIndex};

/// A set of pieces; bit `p % 64` of word `p / 64` is piece `p`.
#[derive(Clone)]
pub(super) struct Bits {
    words: Vec<u64>,
    len: u32,
    /// Members.
    count: u32,
}

impl Bits {
    pub(super) fn none(len: u32) -> Self {
        Self { words: vec![0; (len as usize).div_ceil(64)], len, count: 0 }
    }

    /// The pieces of `field` below `len`.
    pub(super) fn of(field: &Bitfield, len: u32) -> Self {
        let mut bits = Self::none(len);
        if field.pieces() == len {
            for (word, bytes) in bits.words.iter_mut().zip(field.as_wire().chunks(8)) {
                let mut whole = [0; 8];
                whole[..bytes.len()].copy_from_slice(bytes);
                *word = u64::from_be_bytes(whole).reverse_bits();
            }
            bits.recount();
        } else {
            field.iter().for_each(|piece| {
                bits.set(piece);
            });
        }
        bits
    }

    pub(super) fn get(&self, piece: PieceIndex) -> bool {
        if self.is_full() {
            return piece.0 < self.len;
        }
        self.word(piece.idx() / 64) >> (piece.0 % 64) & 1 == 1
    }

    /// `true` when that is news; past the end nothing happens.
    pub(super) fn set(&mut self, piece: PieceIndex) -> bool {
        if piece.0 >= self.len || self.get(piece) {
            return false;
        }
        self.words[piece.idx() / 64] |= 1 << (piece.0 % 64);
        self.count += 1;
        true
    }

    pub(super) fn clear(&mut self, piece: PieceIndex) -> bool {
        if !self.get(piece) {
            return false;
        }
        self.words[piece.idx() / 64] &= !(1 << (piece.0 % 64));
        self.count -= 1;
        true
    }

    pub(super) fn put(&mut self, piece: PieceIndex, member: bool) -> bool {
        if member { self.set(piece) } else { self.clear(piece) }
    }

    pub(super) fn word(&self, index: usize) -> u64 {
        self.words.get(index).copied().unwrap_or(0)
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Whether every piece is a member: known without a look at the words.
    pub(super) fn is_full(&self) -> bool {
        self.count == self.len
    }

    fn recount(&mut self) {
        self.count = self.words.iter().map(|w| w.count_ones()).sum();
    }

    /// Without the members of `other`.
    pub(super) fn remove_all(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(mine, theirs)| *mine &= !theirs);
        self.recount();
    }

    /// The members of one of the two, not of both.
    pub(super) fn difference(&self, other: &Self) -> impl Iterator<Item = PieceIndex> {
        scan(0..self.len, |i| self.word(i) ^ other.word(i))
    }

    pub(super) fn count_and(&self, other: &Self) -> u32 {
        let both = self.words.iter().zip(&other.words);
        both.map(|(a, b)| (a & b).count_ones()).sum()
    }

    /// Words in which the two sets are not the same.
    pub(super) fn differing_words(&self, other: &Self) -> impl Iterator<Item = usize> {
        let pairs = self.words.iter().zip(&other.words).enumerate();
        pairs.filter(|(_, (mine, theirs))| mine != theirs).map(|(index, _)| index)
    }

    /// Common members with `a` and with `b`, in these words.
    pub(super) fn counts_and(&self, words: &[usize], a: &Self, b: &Self) -> (u32, u32) {
        let common = |word: usize, other: &Self| (self.word(word) & other.word(word)).count_ones();
        words
            .iter()
            .fold((0, 0), |(in_a, in_b), word| (in_a + common(*word, a), in_b + common(*word, b)))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = PieceIndex> + '_ {
        scan(0..self.len, |i| self.word(i))
    }

    /// The first piece of `range` that is not in the set.
    pub(super) fn first_clear(&self, range: std::ops::Range<u32>) -> Option<PieceIndex> {
        scan(range.start..range.end.min(self.len), |i| !self.word(i)).next()
    }
}

/// The members of `range`, ascending, of the set whose words `word` computes.
pub(super) fn scan(
    range: std::ops::Range<u32>,
    word: impl Fn(usize) -> u64,
) -> impl Iterator<Item = PieceIndex> {
    let mut at = range.start;
    let mut rest = 0u64;
    let mut loaded = false;
    std::iter::from_fn(move || {
        loop {
            if at >= range.end {
                return None;
            }
            if !loaded {
                rest = word((at / 64) as usize) & (!0u64 << (at % 64));
                loaded = true;
            }
            if rest == 0 {
                at = (at / 64).checked_add(1)?.checked_mul(64)?;
                loaded = false;
                continue;
            }
            let found = at / 64 * 64 + rest.trailing_zeros();
            rest &= rest - 1;
            if found >= range.end {
                return None;
            }
            at = found;
            return Some(PieceIndex(found));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scans_cross_words_and_stop_at_the_end() {
        let mut bits = Bits::none(200);
        for piece in [0, 63, 64, 130, 199] {
            assert!(bits.set(PieceIndex(piece)));
        }
        assert!(!bits.set(PieceIndex(200)));
        assert_eq!(bits.iter().map(|p| p.0).collect::<Vec<_>>(), [0, 63, 64, 130, 199]);
        let some: Vec<_> = scan(1..199, |i| bits.word(i)).map(|p| p.0).collect();
        assert_eq!(some, [63, 64, 130]);
        assert_eq!(bits.first_clear(63..200), Some(PieceIndex(65)));
        assert_eq!(bits.first_clear(199..300), None);
    }

    #[test]
    fn wire_order_is_kept() {
        let mut field = Bitfield::none(77);
        for piece in [0, 7, 8, 63, 64, 76] {
            field.set(PieceIndex(piece));
        }
        assert!(Bits::of(&field, 77).iter().eq(field.iter()));
        assert_eq!(Bits::of(&field, 10).iter().map(|p| p.0).collect::<Vec<_>>(), [0, 7, 8]);
    }
}
