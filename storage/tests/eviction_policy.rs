//! What leaves memory, and in what order.

use proptest::prelude::*;
use storage::cache::policy::{Backing, CursorWindow, Resident, evict, is_idle, may_evict, share};
use wire::{ByteRange, InfoHash, PieceIndex};

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
    }
}

fn cursor(position: u64, ahead: u64, behind: u64) -> CursorWindow {
    CursorWindow { position, end: u64::MAX, ahead, behind }
}

fn order(pieces: &[Resident], cursors: &[CursorWindow], backing: Backing, need: u64) -> Vec<u32> {
    let gone = evict(pieces.iter().copied(), |_| cursors, backing, need);
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
    assert_eq!(share(100 * MIB, 1, 80, MIB as u32), (80 * MIB, 20 * MIB));
    assert_eq!(share(100 * MIB, 4, 80, MIB as u32), (20 * MIB, 5 * MIB));
    assert_eq!(share(20 * MIB, 2, 80, 16 * MIB as u32), (32 * MIB, 0));
}

proptest! {
    #[test]
    fn nothing_held_unwritten_or_wanted_goes(
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
        let may: Vec<_> = pieces.iter().filter(|p| may_evict(p, &cursors, backing)).collect();
        prop_assert_eq!(gone.len() as u64, need.min(may.len() as u64));
        for piece in &gone {
            let resident = pieces.iter().find(|p| p.piece.0 == *piece).unwrap();
            prop_assert!(!resident.held);
            prop_assert!(!disk || resident.written);
            let under_a_read = cursors.iter().any(|c| {
                resident.range.start <= c.position && c.position < resident.range.end
            });
            prop_assert!(disk || !under_a_read);
        }
        // What stays is nowhere farther from all cursors than what went, among pieces ahead.
        let ahead = |p: u32| cursors.iter().any(|c| (u64::from(p) + 1) * MIB > c.position);
        let stays_behind = may.iter().any(|p| !gone.contains(&p.piece.0) && !ahead(p.piece.0));
        prop_assert!(!stays_behind || gone.iter().all(|p| !ahead(*p)));
    }
}
