//! What leaves memory, and in what order.

use proptest::prelude::*;
use storage::cache::policy::{
    Backing, CursorWindow, Resident, Use, edges, evict, is_idle, level, share, usefulness,
};
use wire::{ByteRange, Geometry, InfoHash, PieceIndex};

const MIB: u64 = 1024 * 1024;
const HASH: InfoHash = InfoHash([1; 20]);

fn resident(piece: u32, written: bool, held: bool) -> Resident {
    let start = u64::from(piece) * MIB;
    Resident {
        info_hash: HASH,
        piece: PieceIndex(piece),
        range: ByteRange::new(start, start + MIB),
        written,
        held,
        edge: false,
    }
}

fn cursor(position: u64, ahead: u64, behind: u64) -> CursorWindow {
    CursorWindow { position, end: u64::MAX, ahead, behind }
}

fn order(pieces: &[Resident], cursors: &[CursorWindow], backing: Backing, need: u64) -> Vec<u32> {
    let gone = evict(pieces.iter().copied(), |_| cursors, backing, need, Use::Ahead);
    gone.into_iter().map(|(_, piece)| piece.0).collect()
}

#[test]
fn behind_goes_before_ahead_and_far_before_near() {
    let pieces: Vec<_> = (0..10).map(|p| resident(p, true, false)).collect();
    let cursors = [cursor(4 * MIB, 9 * MIB, 2 * MIB)];
    let all = order(&pieces, &cursors, Backing::Disk, u64::MAX);
    assert_eq!(all, [0, 1, 2, 3, 9, 8, 7, 6, 5, 4]);
    assert_eq!(order(&pieces, &cursors, Backing::Disk, 2 * MIB), [0, 1]);
    assert_eq!(order(&pieces, &cursors, Backing::Disk, 0), [0; 0]);
}

#[test]
fn with_files_a_written_piece_far_from_every_cursor_goes_at_once() {
    let cursors = [cursor(10 * MIB, 40 * MIB, 20 * MIB), cursor(30 * MIB, 40 * MIB, 0)];
    let idle = |piece, written| is_idle(&resident(piece, written, false), &cursors, Backing::Disk);
    assert!(!idle(10, true) && !idle(30, true), "about to be read");
    assert!(idle(11, true), "past the margin of 1 MiB ahead, though the window is 40 MiB");
    assert!(!idle(9, true), "within the margin of 256 KiB behind");
    assert!(idle(8, true), "past the margin, though the share behind is 20 MiB");
    assert!(idle(29, true), "behind a cursor that keeps nothing behind");
    assert!(!idle(5, false), "not yet written");
    let memory = is_idle(&resident(5, true, false), &cursors, Backing::Memory);
    assert!(!memory, "without files nothing goes unless room is wanted");
}

#[test]
fn a_share_is_four_fifths_ahead_but_two_pieces_at_least() {
    let of = |capacity: u64, pieces: &[u64]| {
        let pieces = pieces.iter().map(|mib| (mib * MIB) as u32).collect();
        level(capacity * MIB, pieces) / MIB
    };
    assert_eq!([of(100, &[]), of(100, &[1; 4]), of(20, &[16; 2])], [100, 25, 0]);
    assert_eq!(of(100, &[1, 40, 1]), 10, "the longer pieces leave 20 to the two others");
    assert_eq!(share(100 * MIB, 80, MIB as u32), (80 * MIB, 20 * MIB));
    assert_eq!(share(10 * MIB, 80, 16 * MIB as u32), (32 * MIB, 0));
}

#[test]
fn without_files_the_ladder_goes_down_to_the_next_piece_and_no_further() {
    let cursors = [cursor(4 * MIB + 9, 4 * MIB, 2 * MIB)];
    let mut pieces: Vec<_> = (0..12).map(|p| resident(p, false, false)).collect();
    pieces[0].edge = true;
    let gone = |most| {
        let gone = evict(pieces.iter().copied(), |_| &cursors, Backing::Memory, u64::MAX, most);
        gone.into_iter().map(|(_, piece)| piece.0).collect::<Vec<_>>()
    };
    assert_eq!(gone(Use::None), [1, 11, 10, 9], "outside the window");
    assert_eq!(gone(Use::Behind), [1, 11, 10, 9, 2, 3], "then what lies behind");
    assert_eq!(gone(Use::Edge), [1, 11, 10, 9, 2, 3, 0], "then the file's ends");
    assert_eq!(gone(Use::Ahead), [1, 11, 10, 9, 2, 3, 0, 8, 7, 6], "then what lies far ahead");
}

#[test]
fn edges_are_heads_before_tails_and_eight_mebibytes_at_most() {
    let total = 100 * MIB;
    let files = [ByteRange::new(0, 50 * MIB), ByteRange::new(50 * MIB, total)];
    let pinned = |piece_length: u64| {
        let geometry = Geometry::new(piece_length as u32, total).unwrap();
        edges(&files, &geometry).into_iter().map(|piece| piece.0).collect::<Vec<_>>()
    };
    assert_eq!(pinned(MIB), [0, 1, 46, 47, 48, 49, 50, 51]);
    assert_eq!(pinned(4 * MIB), [0, 12], "the second file's head is in a piece of its own");
    assert_eq!(pinned(16 * MIB), [6], "the last alone is short enough");
}

proptest! {
    #[test]
    fn nothing_held_unwritten_or_read_goes(
        pieces in prop::collection::btree_map(0u32..200, (any::<bool>(), any::<bool>()), 0..80),
        cursors in prop::collection::vec((0u64..200, 0u64..40, 0u64..20), 0..5),
        need in 0u64..100,
        disk in any::<bool>(),
    ) {
        let backing = if disk { Backing::Disk } else { Backing::Memory };
        let pieces: Vec<_> = pieces.into_iter().map(|(p, (w, h))| resident(p, w, h)).collect();
        let cursors: Vec<_> =
            cursors.into_iter().map(|(p, a, b)| cursor(p * MIB, a * MIB, b * MIB)).collect();
        let gone = order(&pieces, &cursors, backing, need * MIB);
        let kept_for = |p: &Resident| usefulness(p, &cursors, backing);
        let may: Vec<_> = pieces.iter().filter(|p| kept_for(p).is_some()).collect();
        prop_assert_eq!(gone.len() as u64, need.min(may.len() as u64));
        for piece in &gone {
            let resident = pieces.iter().find(|p| p.piece.0 == *piece).unwrap();
            prop_assert!(!resident.held);
            prop_assert!(!disk || resident.written);
            let under_a_read_or_next = cursors.iter().any(|c| {
                let next = ByteRange::new(c.position, c.position + MIB + 1);
                resident.range.start < next.end && next.start < resident.range.end
            });
            prop_assert!(disk || !under_a_read_or_next);
        }
        // What stays is kept for at least as much as what went.
        let most = pieces.iter().filter(|p| gone.contains(&p.piece.0)).filter_map(kept_for).max();
        let stays = may.iter().filter(|p| !gone.contains(&p.piece.0));
        let least = stays.filter_map(|p| kept_for(p)).min();
        prop_assert!(most.is_none() || least.is_none() || most <= least);
        // And among pieces kept for the same, those behind every cursor went first.
        let ahead = |p: u32| cursors.iter().any(|c| (u64::from(p) + 1) * MIB > c.position);
        let stays_behind = may.iter().any(|p| {
            kept_for(p) == most && !gone.contains(&p.piece.0) && !ahead(p.piece.0)
        });
        let went = |p: &&Resident| gone.contains(&p.piece.0) && kept_for(p) == most;
        prop_assert!(!stays_behind || pieces.iter().filter(went).all(|p| !ahead(p.piece.0)));
    }
}
