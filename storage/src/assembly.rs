//! A piece being filled block by block.

use bytes::Bytes;
use wire::{BlockRef, Geometry, PieceIndex};

use crate::budget::Reservation;
use crate::prefix::{BIG, Prefix, Run};

/// What became of a block put into an [`Assembly`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Put {
    /// The slot was empty and holds it now.
    Filled,
    /// Another copy was first; this one is dropped.
    Duplicate,
    /// No block of this piece has this place and length; dropped (hostile row 23).
    WrongLength,
}

/// A piece some of whose blocks are there. Owned by one actor: no locks.
#[derive(Debug)]
pub struct Assembly {
    piece: PieceIndex,
    /// To tell a block's right length.
    geometry: Geometry,
    /// A slot a block, each filled once.
    blocks: Vec<Option<Bytes>>,
    /// Kept beside the slots so that "full" costs nothing.
    filled: u32,
    /// Blocks there without a gap from the first on.
    contiguous: usize,
    /// How far it is hashed.
    prefix: Prefix,
    /// The piece's whole length, so that a requested block always has room.
    reservation: Reservation,
}

impl Assembly {
    /// `piece` with every block missing. `reservation` should be of the piece's whole length.
    pub fn new(piece: PieceIndex, geometry: Geometry, reservation: Reservation) -> Self {
        debug_assert_eq!(reservation.bytes(), geometry.piece_len(piece));
        Self {
            piece,
            geometry,
            blocks: vec![None; geometry.blocks(piece) as usize],
            filled: 0,
            contiguous: 0,
            prefix: Prefix::Known(Box::default()),
            reservation,
        }
    }

    /// Which piece.
    pub fn piece(&self) -> PieceIndex {
        self.piece
    }

    /// Puts `data` in `block`'s slot, when it is a block of this piece, of the right length, and
    /// the first copy.
    pub fn put(&mut self, block: BlockRef, data: Bytes) -> Put {
        if block.piece != self.piece || data.len() != self.geometry.block_len(block) as usize {
            return Put::WrongLength;
        }
        match self.blocks.get_mut(block.index as usize) {
            None => Put::WrongLength,
            Some(Some(_)) => Put::Duplicate,
            Some(slot) => {
                *slot = Some(data);
                self.filled += 1;
                while matches!(self.blocks.get(self.contiguous), Some(Some(_))) {
                    self.contiguous += 1;
                }
                Put::Filled
            }
        }
    }

    /// Whether `block` is there.
    pub fn has(&self, block: BlockRef) -> bool {
        block.piece == self.piece && matches!(self.blocks.get(block.index as usize), Some(Some(_)))
    }

    /// The blocks not there, ascending.
    pub fn missing(&self) -> impl Iterator<Item = BlockRef> + '_ {
        (0..).zip(&self.blocks).filter_map(|(index, slot): (u32, _)| {
            slot.is_none().then_some(BlockRef { piece: self.piece, index })
        })
    }

    /// How many blocks are there.
    pub fn filled(&self) -> u32 {
        self.filled
    }

    /// Whether no block is missing.
    pub fn is_full(&self) -> bool {
        self.filled as usize == self.blocks.len()
    }

    /// The next blocks to hash while others are on their way, of a piece of 4 MiB or more: at least
    /// 1 MiB, one run at a time. None of a full piece, whose rest [`crate::verify`] hashes.
    pub fn next_run(&mut self) -> Option<Run> {
        if self.is_full() || self.geometry.piece_len(self.piece) < BIG {
            return None;
        }
        let contiguous = self.blocks.get(..self.contiguous)?;
        self.prefix.next_run(contiguous, &mut self.reservation)
    }

    /// Seals it when it is full, else gives it back.
    ///
    /// # Errors
    /// The assembly itself, when a block is missing.
    pub fn into_candidate(self) -> Result<Candidate, Self> {
        if !self.is_full() {
            return Err(self);
        }
        Ok(Candidate {
            piece: self.piece,
            len: self.geometry.piece_len(self.piece),
            blocks: self.blocks.into_iter().flatten().collect(),
            prefix: self.prefix,
            reservation: self.reservation,
        })
    }
}

/// A full piece nobody vouches for. Its bytes can be reached by verification only:
/// [`crate::verify`] turns it into a [`crate::Piece`] or into digests of its blocks.
#[derive(Debug)]
pub struct Candidate {
    pub(crate) piece: PieceIndex,
    pub(crate) len: u32,
    pub(crate) blocks: Vec<Bytes>,
    pub(crate) prefix: Prefix,
    pub(crate) reservation: Reservation,
}

impl Candidate {
    /// Which piece it claims to be.
    pub fn piece(&self) -> PieceIndex {
        self.piece
    }

    /// Waits until no hasher has a run of it any more, which [`crate::verify`] needs.
    pub async fn settled(mut self) -> Self {
        self.prefix.settle(&mut self.reservation).await;
        self
    }

    /// Bytes that are still to be hashed.
    pub fn unhashed(&self) -> u64 {
        let hashed = match &self.prefix {
            Prefix::Known(state) => state.blocks,
            _ => 0,
        };
        self.blocks.iter().skip(hashed).map(|block| block.len() as u64).sum()
    }
}
