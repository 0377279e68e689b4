//! A verified piece.

use std::ops::Range;

use bytes::Bytes;
use wire::{BLOCK_LEN, PieceIndex};

use crate::budget::Reservation;

/// A piece whose SHA-1 matched, as the blocks it came in. Each block stays charged to the budget
/// until the piece and the last slice of that block are gone: a reader that holds a few blocks of a
/// large piece pins those alone.
#[derive(Debug)]
pub struct Piece {
    index: PieceIndex,
    len: u32,
    /// All of [`BLOCK_LEN`] but the last, each owning its part of the reservation.
    blocks: Vec<Bytes>,
}

impl Piece {
    /// Only [`crate::verify`] makes pieces. `room` is of the piece's whole length.
    pub(crate) fn new(
        index: PieceIndex,
        len: u32,
        blocks: Vec<Bytes>,
        mut room: Reservation,
    ) -> Self {
        room.verified();
        let charged = |bytes: Bytes| room.split(bytes.len() as u32).charge(bytes);
        Self { index, len, blocks: blocks.into_iter().map(charged).collect() }
    }

    /// Which piece.
    pub fn index(&self) -> PieceIndex {
        self.index
    }

    /// Length in bytes.
    #[expect(clippy::len_without_is_empty, reason = "no piece is empty")]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Its blocks in order; for writing and hashing inside this crate.
    pub(crate) fn blocks(&self) -> &[Bytes] {
        &self.blocks
    }

    /// The bytes `range` of the piece, a slice a block; `range` is clamped to the piece. Each slice
    /// keeps its block alive and charged.
    pub fn slices(&self, range: Range<u32>) -> impl Iterator<Item = Bytes> + '_ {
        let end = range.end.min(self.len);
        let mut at = range.start.min(end);
        std::iter::from_fn(move || {
            let block = self.blocks.get((at / BLOCK_LEN) as usize).filter(|_| at < end)?;
            let skip = at % BLOCK_LEN;
            let take = (BLOCK_LEN - skip).min(end - at);
            at += take;
            Some(block.slice(skip as usize..(skip + take) as usize))
        })
    }
}
