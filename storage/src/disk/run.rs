//! Writing a run of neighbouring pieces with `pwritev`.

use std::collections::BTreeSet;
use std::io::{self, IoSlice};
use std::sync::Arc;

use bytes::Bytes;
use rustix::io::{Errno, pwritev};
use wire::{ByteRange, Geometry};

use crate::disk::files::Files;
use crate::error::StorageError;
use crate::layout::FileIndex;
use crate::piece::Piece;

/// Blocks given to one `pwritev`: 1 MiB was the fastest size measured, and 64 vectors are well
/// below `IOV_MAX`.
const MAX_VECTORS: usize = 64;

/// Writes `pieces`, which follow one another without a gap, and says which files it touched.
/// Writing a piece twice is harmless: the same bytes go to the same place.
pub(crate) fn write_run(
    files: &Files,
    geometry: &Geometry,
    pieces: &[Arc<Piece>],
) -> Result<BTreeSet<FileIndex>, StorageError> {
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
        return Ok(BTreeSet::new());
    };
    let range =
        ByteRange::new(geometry.piece_start(first.index()), geometry.piece_range(last.index()).end);
    let mut blocks = Blocks { rest: pieces.iter().flat_map(|piece| piece.blocks()), cut: &[] };
    let mut touched = BTreeSet::new();
    for segment in files.layout().segments(range) {
        let mut left = segment.len as usize;
        let file = match segment.pad {
            true => None,
            false => Some(files.get(segment.file)?),
        };
        while left > 0 {
            let batch = blocks.take(left.min(MAX_VECTORS * wire::BLOCK_LEN as usize));
            let len: usize = batch.iter().map(|b| b.len()).sum();
            if let Some(file) = &file {
                let offset = segment.offset + (segment.len - left as u64);
                inject()
                    .and_then(|()| write_all(file, &batch, offset))
                    .map_err(|e| StorageError::io(files.layout().location(segment.file), e))?;
                touched.insert(segment.file);
            }
            left = left.saturating_sub(len.max(1));
        }
    }
    Ok(touched)
}

/// The blocks of a run, cut where a file or a batch ends.
struct Blocks<'a, I> {
    rest: I,
    cut: &'a [u8],
}

impl<'a, I: Iterator<Item = &'a Bytes>> Blocks<'a, I> {
    /// The next `len` bytes, or fewer at the end or when that would be too many vectors.
    fn take(&mut self, mut len: usize) -> Vec<&'a [u8]> {
        let mut out = Vec::new();
        while len > 0 && out.len() < MAX_VECTORS {
            if self.cut.is_empty() {
                let Some(block) = self.rest.next() else { break };
                self.cut = block;
            }
            let (now, later) = self.cut.split_at(len.min(self.cut.len()));
            self.cut = later;
            len -= now.len();
            out.push(now);
        }
        out
    }
}

fn write_all(file: &std::fs::File, batch: &[&[u8]], mut offset: u64) -> io::Result<()> {
    let mut vectors: Vec<_> = batch.iter().map(|b| IoSlice::new(b)).collect();
    let mut left = vectors.as_mut_slice();
    while !left.is_empty() {
        match pwritev(file, left, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                offset += written as u64;
                IoSlice::advance_slices(&mut left, written);
            }
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

/// Fail point `disk::write`: `return(ENOSPC)`, or any other argument for EIO.
fn inject() -> io::Result<()> {
    fail::fail_point!("disk::write", |what| Err(match what.as_deref() {
        Some("ENOSPC") => Errno::NOSPC.into(),
        _ => Errno::IO.into(),
    }));
    Ok(())
}
