//! What leaves memory when, and who hears of the room.

mod common;

use common::actor::{Events, cache, disk, run};
use common::{HASH, Sample};
use storage::cache::actor::{Complete, Read, Reclaim, Stats};
use storage::cache::cursors::actor::{CursorClosed, Place};
use storage::cache::policy::Reach;
use storage::cache::{CursorId, Found};
use storage::{Budget, Claim, PieceEvent};
use wire::{Bitfield, ByteRange, PieceIndex};

const CURSOR: CursorId = CursorId(1);

/// A cursor at the beginning of the sample's only file.
fn opened(sample: &Sample) -> Place {
    let file = ByteRange::new(0, sample.data.len() as u64);
    Place { info_hash: HASH, cursor: CURSOR, file, position: 0, end: file.end, reach: Reach::Share }
}

#[test]
fn with_files_a_piece_goes_once_written_and_behind() {
    let dir = tempfile::tempdir().unwrap();
    let sample = Sample::one(500_000, 5_000_000);
    let budget = Budget::new(5_000_000);
    run(async {
        let (disk, mut events) = (disk(), Events::new());
        disk.send(events.files(&sample, dir.path())).await.unwrap().unwrap();
        let cache = cache(&budget, Some(&disk));
        cache.do_send(events.torrent(&sample, Bitfield::none(10)));
        cache.do_send(opened(&sample));
        for piece in sample.pieces() {
            let candidate = sample.candidate(&budget, piece, None);
            cache.do_send(Complete { info_hash: HASH, candidate });
        }
        let mut synced = 0;
        while synced < 10 {
            let told = events.until(|e| matches!(e, PieceEvent::Synced { .. })).await;
            if let Some(PieceEvent::Synced { pieces }) = told.last() {
                synced += pieces.len();
            }
        }
        let stats = cache.send(Stats).await.unwrap();
        let kept = (stats.resident, budget.used());
        assert_eq!(kept, (3, 1_500_000), "what lies within 1 MiB of the cursor stays");

        // Reading piece 2 moves the cursor's margin off piece 0 without another message.
        let read = |piece| Read { info_hash: HASH, piece: PieceIndex(piece), cursor: Some(CURSOR) };
        let found = cache.send(read(2)).await.unwrap().unwrap();
        assert!(matches!(found, Found::Resident(_)));
        assert_eq!(cache.send(Stats).await.unwrap().resident, 2);
        cache.do_send(CursorClosed { info_hash: HASH, cursor: CURSOR });
        assert_eq!(cache.send(Stats).await.unwrap().resident, 0);
        assert_eq!(budget.used(), 500_000, "the piece that is being read is still charged");
        drop(found);
        assert_eq!(budget.used(), 0);
        let found = cache.send(read(1)).await.unwrap().unwrap();
        assert!(matches!(found, Found::OnDisk { pieces: 9 }), "{found:?}");
    });
}

#[test]
fn who_could_not_reserve_hears_of_room_when_a_reader_lets_go() {
    let sample = Sample::one(50_000, 150_000);
    let budget = Budget::new(100_000);
    run(async {
        let mut events = Events::new();
        let cache = cache(&budget, None);
        cache.do_send(events.torrent(&sample, Bitfield::none(3)));
        let read = |piece| Read { info_hash: HASH, piece: PieceIndex(piece), cursor: Some(CURSOR) };
        let mut held = Vec::new();
        for piece in [0, 1] {
            let candidate = sample.candidate(&budget, PieceIndex(piece), None);
            cache.do_send(Complete { info_hash: HASH, candidate });
            held.push(cache.send(read(piece)).await.unwrap().unwrap());
        }
        cache.do_send(Reclaim { info_hash: HASH, bytes: 50_000, claim: Claim::Ahead });
        let stats = cache.send(Stats).await.unwrap();
        assert_eq!((stats.resident, stats.evicted), (2, 0), "both are being read");

        // A reader that lets go of one piece and reads on is enough.
        held.remove(0);
        held.push(cache.send(read(1)).await.unwrap().unwrap());
        let told = events.until(|e| *e == PieceEvent::Room).await;
        assert!(told.contains(&PieceEvent::Evicted { piece: PieceIndex(0) }), "{told:?}");
        let room = budget.try_reserve(50_000).expect("what was told is true");

        cache.do_send(Reclaim { info_hash: HASH, bytes: 50_000, claim: Claim::Ahead });
        assert_eq!(cache.send(Stats).await.unwrap().resident, 1);
        assert!(events.received.try_recv().is_err(), "no room, no news");
        drop(room);
        events.until(|e| *e == PieceEvent::Room).await;
    });
}
