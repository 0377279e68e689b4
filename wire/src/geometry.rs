//! How a torrent's bytes divide into pieces and blocks (BEP 3).

use crate::{BlockRef, BlockRequest, ByteRange, PieceIndex};

/// The length of every block but a piece's last: 16 KiB, what every client asks for (BEP 3).
pub const BLOCK_LEN: u32 = 16 * 1024;

/// Piece length and total length of one torrent, and the arithmetic between bytes, pieces, blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Geometry {
    piece_length: u32,
    total: u64,
    pieces: u32,
}

impl Geometry {
    /// The longest piece length accepted: 64 MiB.
    pub const MAX_PIECE_LENGTH: u32 = 64 * 1024 * 1024;

    /// `None` when `piece_length` is 0 or above [`Self::MAX_PIECE_LENGTH`], or there would be more
    /// than `u32::MAX` pieces.
    pub fn new(piece_length: u32, total: u64) -> Option<Self> {
        if piece_length == 0 || piece_length > Self::MAX_PIECE_LENGTH {
            return None;
        }
        let pieces = u32::try_from(total.div_ceil(u64::from(piece_length))).ok()?;
        Some(Self { piece_length, total, pieces })
    }

    /// Nominal piece length in bytes.
    pub fn piece_length(&self) -> u32 {
        self.piece_length
    }

    /// Bytes of the whole torrent.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Number of pieces.
    pub fn pieces(&self) -> u32 {
        self.pieces
    }

    /// Length of `piece` in bytes: the last may be short, one past the end is 0.
    pub fn piece_len(&self, piece: PieceIndex) -> u32 {
        let start = self.piece_start(piece);
        self.total.saturating_sub(start).min(u64::from(self.piece_length)) as u32
    }

    /// The first byte of `piece` in the torrent.
    pub fn piece_start(&self, piece: PieceIndex) -> u64 {
        u64::from(piece.0) * u64::from(self.piece_length)
    }

    /// The bytes of `piece` in the torrent.
    pub fn piece_range(&self, piece: PieceIndex) -> ByteRange {
        let start = self.piece_start(piece);
        ByteRange::new(start, start + u64::from(self.piece_len(piece)))
    }

    /// The piece that holds `byte`; `None` past the end.
    pub fn piece_at(&self, byte: u64) -> Option<PieceIndex> {
        (byte < self.total).then(|| PieceIndex((byte / u64::from(self.piece_length)) as u32))
    }

    /// The pieces that hold any byte of `range`, clamped to the torrent.
    pub fn pieces_of(&self, range: ByteRange) -> std::ops::Range<u32> {
        let end = range.end.min(self.total);
        if range.start >= end {
            return 0..0;
        }
        let len = u64::from(self.piece_length);
        (range.start / len) as u32..end.div_ceil(len) as u32
    }

    /// Number of blocks in `piece`.
    pub fn blocks(&self, piece: PieceIndex) -> u32 {
        self.piece_len(piece).div_ceil(BLOCK_LEN)
    }

    /// Length of `block` in bytes; 0 when there is no such block.
    pub fn block_len(&self, block: BlockRef) -> u32 {
        let begin = u64::from(block.index) * u64::from(BLOCK_LEN);
        u64::from(self.piece_len(block.piece)).saturating_sub(begin).min(u64::from(BLOCK_LEN))
            as u32
    }

    /// The request that asks for `block`.
    pub fn request(&self, block: BlockRef) -> BlockRequest {
        BlockRequest {
            piece: block.piece,
            begin: block.index * BLOCK_LEN,
            length: self.block_len(block),
        }
    }

    /// The block a request (or the answer to it) is about; `None` unless it is exactly one of ours:
    /// aligned, of the block's length, in the torrent.
    pub fn block(&self, request: BlockRequest) -> Option<BlockRef> {
        let block = BlockRef { piece: request.piece, index: request.begin / BLOCK_LEN };
        (request.length > 0
            && request.begin.is_multiple_of(BLOCK_LEN)
            && request.length == self.block_len(block))
        .then_some(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_piece_and_block_are_short() {
        let g = Geometry::new(40_000, 100_001).unwrap();
        assert_eq!(g.pieces(), 3);
        assert_eq!(g.piece_len(PieceIndex(2)), 20_001);
        assert_eq!(g.blocks(PieceIndex(0)), 3);
        let last = BlockRef { piece: PieceIndex(2), index: 1 };
        assert_eq!(g.block_len(last), 20_001 - 16_384);
        assert_eq!(g.block(g.request(last)), Some(last));
        assert_eq!(g.piece_at(100_001), None);
        assert_eq!(g.pieces_of(ByteRange::new(39_999, 40_001)), 0..2);
        assert_eq!(g.piece_len(PieceIndex(9)), 0);
    }
}
