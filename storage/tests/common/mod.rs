//! Torrents made up for tests, and actors to run them on.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

pub mod actor;
pub mod record;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use sha1::{Digest, Sha1};
use storage::{Assembly, Budget, Candidate, Claim, Piece, Reservation, verify};
use wire::{BLOCK_LEN, BlockRef, ByteRange, FileEntry, Geometry, Info, InfoHash, PieceIndex};

pub const HASH: InfoHash = InfoHash([7; 20]);

/// What to make a file of.
#[derive(Clone, Debug)]
pub enum Spec {
    File(&'static str, u64),
    Pad(u64),
    Symlink(&'static str),
}

/// A torrent and its bytes.
#[derive(Clone, Debug)]
pub struct Sample {
    pub info: Arc<Info>,
    pub data: Vec<u8>,
}

impl Sample {
    pub fn new(piece_length: u32, specs: &[Spec]) -> Self {
        let (mut files, mut data) = (Vec::new(), Vec::new());
        for (number, spec) in specs.iter().enumerate() {
            let (path, length) = match spec {
                Spec::File(path, length) => (PathBuf::from(path), *length),
                Spec::Pad(length) => (PathBuf::from(format!(".pad/{number}")), *length),
                Spec::Symlink(path) => (PathBuf::from(path), 0),
            };
            let pad = matches!(spec, Spec::Pad(_));
            files.push(FileEntry {
                original: path.display().to_string(),
                path,
                offset: data.len() as u64,
                length,
                pad,
                symlink: matches!(spec, Spec::Symlink(_)),
            });
            data.extend((0..length).map(|i| if pad { 0 } else { noise(number as u64, i) }));
        }
        Self::of(piece_length, files, data)
    }

    pub fn one(piece_length: u32, length: u64) -> Self {
        Self::new(piece_length, &[Spec::File("film.mkv", length)])
    }

    pub fn of(piece_length: u32, files: Vec<FileEntry>, data: Vec<u8>) -> Self {
        let geometry = Geometry::new(piece_length, data.len() as u64).unwrap();
        let hashes = data.chunks(piece_length as usize).map(|c| Sha1::digest(c).into());
        Self {
            info: Arc::new(Info {
                name: "sample".into(),
                geometry,
                piece_hashes: hashes.collect(),
                files,
                private: false,
                multi_file: true,
            }),
            data,
        }
    }

    pub fn pieces(&self) -> impl Iterator<Item = PieceIndex> + use<> {
        (0..self.info.geometry.pieces()).map(PieceIndex)
    }

    pub fn bytes(&self, range: ByteRange) -> &[u8] {
        &self.data[range.start as usize..range.end as usize]
    }

    /// The piece, full; `spoil` turns one bit of this block.
    pub fn candidate(&self, budget: &Budget, piece: PieceIndex, spoil: Option<u32>) -> Candidate {
        let len = self.info.geometry.piece_len(piece);
        let room = budget.try_reserve_piece(len, Claim::Urgent);
        self.fill(room.expect("room in the budget"), piece, spoil)
    }

    /// The same in `room` that was reserved for it.
    pub fn fill(&self, room: Reservation, piece: PieceIndex, spoil: Option<u32>) -> Candidate {
        let mut assembly = Assembly::new(piece, self.info.geometry, room);
        for (block, data) in self.blocks(piece, spoil) {
            assembly.put(block, data);
        }
        assembly.into_candidate().expect("all blocks were put")
    }

    /// Its blocks in order; `spoil` turns one bit of this one.
    pub fn blocks(&self, piece: PieceIndex, spoil: Option<u32>) -> Vec<(BlockRef, Bytes)> {
        let whole = self.bytes(self.info.geometry.piece_range(piece));
        let block = |(index, chunk): (u32, &[u8])| {
            let mut chunk = chunk.to_vec();
            if spoil == Some(index) {
                chunk[0] ^= 1;
            }
            (BlockRef { piece, index }, Bytes::from(chunk))
        };
        (0..).zip(whole.chunks(BLOCK_LEN as usize)).map(block).collect()
    }

    /// The piece, verified.
    pub fn piece(&self, budget: &Budget, piece: PieceIndex) -> Arc<Piece> {
        let expected = self.info.piece_hashes[piece.idx()];
        verify::verify(self.candidate(budget, piece, None), &expected).expect("right bytes")
    }
}

/// Bytes that differ from file to file and never repeat with a block's period.
fn noise(seed: u64, i: u64) -> u8 {
    let x = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed.wrapping_mul(0xff51_afd7_ed55_8ccd);
    (x >> 29) as u8
}
