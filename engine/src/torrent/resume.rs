//! What the files on disk say before any of their bytes is read.

use storage::layout::FileKind;
use storage::{FileIndex, Layout};
use wire::{Bitfield, Geometry};

/// What a look at the files' lengths found.
#[derive(Debug, PartialEq, Eq)]
pub struct Looked {
    /// The saved pieces whose files are there and long enough: a file removed or cut short since
    /// takes its pieces with it.
    pub kept: Bitfield,
    /// No byte of the torrent is on disk: there is nothing to check.
    pub nothing: bool,
}

/// Looks whether the files bear out the pieces of `saved`. Blocks on the disk.
pub fn look(saved: Option<&Bitfield>, layout: &Layout, geometry: Geometry) -> Looked {
    let length =
        |index| std::fs::metadata(layout.location(FileIndex(index))).map(|meta| meta.len());
    let lengths: Vec<_> = (0..layout.files().len()).map(|index| length(index).ok()).collect();
    let mut kept = Bitfield::none(geometry.pieces());
    for piece in saved.into_iter().flat_map(Bitfield::iter) {
        let mut segments = layout.segments(geometry.piece_range(piece));
        let there = segments.all(|part| {
            let length = lengths.get(part.file.0).copied().flatten();
            part.pad || length.is_some_and(|length| part.offset + part.len <= length)
        });
        if there {
            kept.set(piece);
        }
    }
    // A piece of nothing but padding is here without any file.
    let real = layout.files().iter().all(|file| file.kind == FileKind::Real);
    Looked { kept, nothing: real && lengths.iter().all(Option::is_none) }
}
