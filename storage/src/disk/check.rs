//! Which pieces are on disk already.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;
use sha1::{Digest, Sha1};
use wire::{ByteRange, Info, PieceIndex};

use crate::disk::files::Files;
use crate::layout::{FileIndex, Segment};

/// Read and hashed at a time.
const READ_LEN: u64 = 256 * 1024;

/// What a look at some pieces found.
#[derive(Default)]
pub(crate) struct Looked {
    /// How many of them were looked at, from the first on.
    pub(crate) pieces: usize,
    /// Those of them whose bytes on disk have the right hash.
    pub(crate) good: Vec<PieceIndex>,
}

/// Looks at `pieces` until `most` bytes were hashed: what costs nothing to tell, because its file is
/// not there, ends no look. Holes of sparse files are not read: a piece that is nothing but hole is
/// there only if its hash is that of zeros. What can't be read is not there.
pub(crate) fn check(files: &Files, info: &Info, pieces: &[PieceIndex], most: u64) -> Looked {
    let mut checker = Checker {
        files,
        info,
        absent: HashSet::new(),
        data: HashMap::new(),
        zeros: HashMap::new(),
        buffer: Vec::new(),
        hashed: 0,
    };
    let mut looked = Looked::default();
    for piece in pieces {
        looked.pieces += 1;
        if checker.is_good(*piece) {
            looked.good.push(*piece);
        }
        if checker.hashed >= most {
            break;
        }
    }
    looked
}

struct Checker<'a> {
    files: &'a Files,
    info: &'a Info,
    /// Files that can't be opened: asked for once, not once a piece.
    absent: HashSet<FileIndex>,
    /// The last run of data found in each file, and that nothing lies between `asked` and it.
    data: HashMap<FileIndex, (u64, Range<u64>)>,
    /// Hash of so many zeros: two lengths at most occur.
    zeros: HashMap<u32, [u8; 20]>,
    /// Empty until something is read.
    buffer: Vec<u8>,
    /// Bytes hashed so far.
    hashed: u64,
}

impl Checker<'_> {
    fn is_good(&mut self, piece: PieceIndex) -> bool {
        let Some(expected) = self.info.piece_hashes.get(piece.idx()) else {
            return false;
        };
        let range = self.info.geometry.piece_range(piece);
        let layout = self.files.layout().clone();
        let mut all_hole = true;
        for segment in layout.segments(range).filter(|s| !s.pad) {
            match self.has_data(&segment) {
                Some(data) => all_hole &= !data,
                None => return false,
            }
        }
        let len = self.info.geometry.piece_len(piece);
        if all_hole {
            return self.zeros.entry(len).or_insert_with(|| hash_zeros(len)) == expected;
        }
        self.hash(range).is_some_and(|found| found == *expected)
    }

    /// Whether any of `segment` is data rather than hole; `None` when the file is not there or
    /// ends before it does.
    fn has_data(&mut self, segment: &Segment) -> Option<bool> {
        if self.absent.contains(&segment.file) {
            return None;
        }
        let Ok(file) = self.files.get(segment.file) else {
            self.absent.insert(segment.file);
            return None;
        };
        let end = segment.offset + segment.len;
        if file.metadata().ok()?.len() < end {
            return None;
        }
        let known = self.data.get(&segment.file);
        if let Some((asked, data)) = known
            && (*asked..data.end).contains(&segment.offset)
        {
            return Some(data.start < end);
        }
        let start = match seek(&file, SeekFrom::Data(segment.offset)) {
            Ok(start) => start,
            // No data up to the end.
            Err(Errno::NXIO) => u64::MAX - 1,
            // A file system without holes.
            Err(_) => segment.offset,
        };
        let stop = seek(&file, SeekFrom::Hole(start)).unwrap_or(u64::MAX);
        self.data.insert(segment.file, (segment.offset, start..stop));
        Some(start < end)
    }

    fn hash(&mut self, range: ByteRange) -> Option<[u8; 20]> {
        let mut hash = Sha1::new();
        let mut at = range.start;
        self.buffer.resize(READ_LEN as usize, 0);
        self.hashed += range.end - range.start;
        while at < range.end {
            let len = (range.end - at).min(READ_LEN);
            let part = self.buffer.get_mut(..len as usize)?;
            self.files.read(at, part).ok()?;
            hash.update(part);
            at += len;
        }
        Some(hash.finalize().into())
    }
}

fn hash_zeros(len: u32) -> [u8; 20] {
    let zeros = [0; 16 * 1024];
    let mut hash = Sha1::new();
    let mut left = len as usize;
    while left > 0 {
        let now = left.min(zeros.len());
        hash.update(&zeros[..now]);
        left -= now;
    }
    hash.finalize().into()
}
