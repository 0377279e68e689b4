//! Which saved have-bits the files on disk can bear out.

use storage::Layout;
use wire::{Bitfield, Geometry};

/// The pieces of `saved` whose files are there and long enough: a file removed or cut short since
/// takes its pieces with it. Looks at file lengths only; blocks on the disk.
pub fn borne_out(saved: &Bitfield, layout: &Layout, geometry: Geometry) -> Bitfield {
    let lengths: Vec<u64> = layout
        .files()
        .iter()
        .map(|file| std::fs::metadata(&file.path).map_or(0, |meta| meta.len()))
        .collect();
    let mut kept = Bitfield::none(geometry.pieces());
    for piece in saved.iter() {
        let mut segments = layout.segments(geometry.piece_range(piece));
        let there = segments.all(|part| {
            part.pad || lengths.get(part.file.0).is_some_and(|len| part.offset + part.len <= *len)
        });
        if there {
            kept.set(piece);
        }
    }
    kept
}
