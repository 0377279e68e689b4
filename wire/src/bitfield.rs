//! Which pieces somebody has: one bit a piece, most significant bit first (BEP 3).

use crate::PieceIndex;

/// A set of pieces of a torrent with a fixed number of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitfield {
    /// Wire order: piece 0 is the top bit of byte 0; spare bits are always clear.
    bytes: Vec<u8>,
    pieces: u32,
    /// Kept beside the bits so that "how many" and "all" cost nothing.
    set: u32,
}

impl Bitfield {
    /// No piece of `pieces`.
    pub fn none(pieces: u32) -> Self {
        Self { bytes: vec![0; (pieces as usize).div_ceil(8)], pieces, set: 0 }
    }

    /// Every piece of `pieces`.
    pub fn all(pieces: u32) -> Self {
        let mut field =
            Self { bytes: vec![0xff; (pieces as usize).div_ceil(8)], pieces, set: pieces };
        if let (Some(last), spare @ 1..) = (field.bytes.last_mut(), pieces % 8) {
            *last = 0xff << (8 - spare);
        }
        field
    }

    /// From a BITFIELD message; `None` when the length is not exactly right or a spare bit is set.
    pub fn from_wire(bytes: &[u8], pieces: u32) -> Option<Self> {
        if bytes.len() != (pieces as usize).div_ceil(8) {
            return None;
        }
        if let (Some(last), spare @ 1..) = (bytes.last(), pieces % 8)
            && last & (0xff >> spare) != 0
        {
            return None;
        }
        let set = bytes.iter().map(|b| b.count_ones()).sum();
        Some(Self { bytes: bytes.to_vec(), pieces, set })
    }

    /// The bytes of a BITFIELD message.
    pub fn as_wire(&self) -> &[u8] {
        &self.bytes
    }

    /// How many pieces the torrent has.
    pub fn pieces(&self) -> u32 {
        self.pieces
    }

    /// How many pieces are in the set.
    pub fn count(&self) -> u32 {
        self.set
    }

    /// Whether every piece is in it.
    pub fn is_all(&self) -> bool {
        self.set == self.pieces
    }

    /// Whether no piece is in it.
    pub fn is_none(&self) -> bool {
        self.set == 0
    }

    /// Whether `piece` is in it; `false` past the end.
    pub fn get(&self, piece: PieceIndex) -> bool {
        self.bytes.get(piece.idx() / 8).is_some_and(|b| b & (0x80 >> (piece.0 % 8)) != 0)
    }

    /// Puts `piece` in; `true` when that is news. A piece past the end is ignored.
    pub fn set(&mut self, piece: PieceIndex) -> bool {
        if piece.0 >= self.pieces || self.get(piece) {
            return false;
        }
        if let Some(byte) = self.bytes.get_mut(piece.idx() / 8) {
            *byte |= 0x80 >> (piece.0 % 8);
        }
        self.set += 1;
        true
    }

    /// Takes `piece` out; `true` when it was in.
    pub fn clear(&mut self, piece: PieceIndex) -> bool {
        if !self.get(piece) {
            return false;
        }
        if let Some(byte) = self.bytes.get_mut(piece.idx() / 8) {
            *byte &= !(0x80 >> (piece.0 % 8));
        }
        self.set -= 1;
        true
    }

    /// The pieces in it, ascending; skips empty bytes whole.
    pub fn iter(&self) -> impl Iterator<Item = PieceIndex> + '_ {
        self.bytes.iter().enumerate().filter(|(_, b)| **b != 0).flat_map(|(i, b)| {
            (0..8u32)
                .filter(move |bit| b & (0x80 >> bit) != 0)
                .map(move |bit| PieceIndex(i as u32 * 8 + bit))
        })
    }
}

impl std::fmt::Debug for Bitfield {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.set, self.pieces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spare_bits_and_length_are_checked() {
        assert!(Bitfield::from_wire(&[0b1110_0000], 3).unwrap().is_all());
        assert_eq!(Bitfield::from_wire(&[0b1111_0000], 3), None);
        assert_eq!(Bitfield::from_wire(&[0, 0], 3), None);
        assert_eq!(Bitfield::all(11).as_wire(), &[0xff, 0b1110_0000]);
    }

    #[test]
    fn set_and_clear_count() {
        let mut field = Bitfield::none(10);
        assert!(
            field.set(PieceIndex(9)) && !field.set(PieceIndex(9)) && !field.set(PieceIndex(10))
        );
        assert_eq!(field.iter().collect::<Vec<_>>(), [PieceIndex(9)]);
        assert!(field.clear(PieceIndex(9)) && field.is_none());
    }
}
