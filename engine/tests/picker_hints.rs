//! What the container says: the index before the window, deadlines by the bitrate.
#![allow(clippy::unwrap_used, reason = "tests")]

mod picker_support;

use engine::MediaHint;
use engine::picker::{ActivePiece, CursorId, Event};
use picker_support::Bench;
use wire::{ByteRange, PieceIndex};

const PIECE: u64 = 256 * 1024;

fn hint(bench: &mut Bench, hint: &MediaHint) {
    bench.send(Event::Hint { id: CursorId(1), file_start: 0, hint });
}

#[test]
fn the_index_comes_before_the_window_and_stays_asked_for() {
    let mut bench = Bench::new(PIECE, 64);
    bench.open(1, 4 * PIECE..64 * PIECE);
    let tail = ByteRange::new(61 * PIECE, 62 * PIECE);
    let told = MediaHint { index: vec![tail], ..MediaHint::default() };
    bench.send(Event::Hint { id: CursorId(1), file_start: PIECE, hint: &told });
    bench.seeder(1);
    bench.seeder(2);
    bench.warm(40);
    assert!(whole(&bench, 4), "where the reader stands");
    assert!(whole(&bench, 62), "the file begins one piece into the torrent");
    bench.go(1, 5 * PIECE);
    assert!(whole(&bench, 62));
    bench.close(1);
    assert!(bench.asked().is_empty(), "nobody wants the index any more");
}

/// Whether all of a piece is here or asked for.
fn whole(bench: &Bench, piece: u32) -> bool {
    let active = bench.picker.active_pieces();
    let asked = |a: &ActivePiece| a.piece.0 == piece && a.arrived + a.requested == a.blocks;
    bench.verified.contains(&PieceIndex(piece)) || active.iter().any(asked)
}

#[test]
fn a_buffer_lasts_as_long_as_the_bitrate_says() {
    let background_is_asked_for = |average: u64| {
        let mut bench = Bench::new(PIECE, 64);
        (0..8).for_each(|piece| drop(bench.verify(PieceIndex(piece))));
        bench.background(32..64);
        bench.send(Event::Window { ahead: 9 * PIECE });
        bench.open(1, 0..16 * PIECE);
        hint(&mut bench, &MediaHint { average, ..MediaHint::default() });
        (1..=8).for_each(|key| bench.seeder(key));
        bench.asked().iter().any(|piece| *piece >= 32)
    };
    // 2 MiB are here: 17 s of a megabit a second, a quarter of a second of 64 megabits.
    assert!(background_is_asked_for(1_000_000));
    assert!(!background_is_asked_for(64_000_000));
}
