//! What saved have-bits are worth is seen from the files' lengths alone.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use engine::torrent::resume::look;
use storage::Layout;
use wire::{Bitfield, FileEntry, Geometry, Info, PieceIndex};

const PIECE: u32 = 16 * 1024;

/// Files of two pieces and of one and a half, in a folder.
fn film() -> Info {
    let file = |name: &str, offset, length| FileEntry {
        path: ["film", name].iter().collect(),
        original: format!("film/{name}"),
        offset,
        length,
        pad: false,
        symlink: false,
    };
    let half = u64::from(PIECE / 2);
    Info {
        name: "film".into(),
        geometry: Geometry::new(PIECE, 7 * half).unwrap(),
        piece_hashes: vec![[0; 20]; 4],
        files: vec![file("a", 0, 4 * half), file("b", 4 * half, 3 * half)],
        private: false,
        multi_file: true,
    }
}

fn kept(saved: &Bitfield, layout: &Layout, info: &Info) -> Vec<u32> {
    look(Some(saved), layout, info.geometry).kept.iter().map(|PieceIndex(piece)| piece).collect()
}

#[test]
fn pieces_are_kept_as_far_as_their_files_reach() {
    let (info, root) = (film(), tempfile::tempdir().unwrap());
    let layout = Layout::new(&info, root.path());
    let saved = Bitfield::all(4);
    assert!(look(Some(&saved), &layout, info.geometry).nothing);

    std::fs::create_dir(root.path().join("film")).unwrap();
    std::fs::write(root.path().join("film/a"), vec![1; 2 * PIECE as usize]).unwrap();
    assert_eq!(kept(&saved, &layout, &info), [0, 1]);
    std::fs::write(root.path().join("film/b"), vec![1; PIECE as usize + 100]).unwrap();
    assert_eq!(kept(&saved, &layout, &info), [0, 1, 2]);
    assert!(!look(None, &layout, info.geometry).nothing);
    assert!(look(None, &layout, info.geometry).kept.is_none());
}

#[test]
fn padding_needs_no_file() {
    let (mut info, root) = (film(), tempfile::tempdir().unwrap());
    info.files[1].pad = true;
    let layout = Layout::new(&info, root.path());
    assert!(!look(None, &layout, info.geometry).nothing, "its piece of zeros is here");
}
