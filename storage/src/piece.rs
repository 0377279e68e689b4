//! A verified piece.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use wire::{BLOCK_LEN, PieceIndex};

use crate::budget::Reservation;

/// A piece whose SHA-1 matched, as the blocks it came in. Its bytes stay charged to the budget
/// until the last [`Arc`] and the last slice of it are gone.
#[derive(Debug)]
pub struct Piece {
    index: PieceIndex,
    len: u32,
    /// All of [`BLOCK_LEN`] but the last.
    blocks: Vec<Bytes>,
    /// Given back when the piece leaves memory.
    _reservation: Reservation,
}

impl Piece {
    /// Only [`crate::verify`] makes pieces.
    pub(crate) fn new(
        index: PieceIndex,
        len: u32,
        blocks: Vec<Bytes>,
        reservation: Reservation,
    ) -> Self {
        Self { index, len, blocks, _reservation: reservation }
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
    /// keeps the whole piece alive and charged.
    pub fn slices(
        self: &Arc<Self>,
        range: Range<u32>,
    ) -> impl Iterator<Item = Bytes> + Send + use<> {
        let end = range.end.min(self.len);
        let mut at = range.start.min(end);
        let piece = Arc::clone(self);
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let (block, skip) = (at / BLOCK_LEN, at % BLOCK_LEN);
            let take = (BLOCK_LEN - skip).min(end - at);
            at += take;
            Some(Bytes::from_owner(Slice {
                piece: Arc::clone(&piece),
                block: block as usize,
                range: skip as usize..(skip + take) as usize,
            }))
        })
    }
}

/// Owner behind each [`Bytes`] of [`Piece::slices`].
struct Slice {
    piece: Arc<Piece>,
    block: usize,
    range: Range<usize>,
}

impl AsRef<[u8]> for Slice {
    fn as_ref(&self) -> &[u8] {
        self.piece
            .blocks
            .get(self.block)
            .and_then(|block| block.get(self.range.clone()))
            .unwrap_or_default()
    }
}
