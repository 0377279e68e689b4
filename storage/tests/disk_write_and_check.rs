//! Pieces written behind are in the right files, are read back, and are found again by a check.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

mod common;

use common::actor::{Events, disk, run};
use common::{HASH, Sample, Spec};
use storage::disk::actor::{Check, Close, Prepare, Write};
use storage::{Budget, DiskReader, PieceEvent, StorageError};
use wire::{Bitfield, ByteRange, PieceIndex};

/// Files of no length, files that share pieces, a pad file, a symlink, an odd piece length.
fn sample() -> Sample {
    let specs = [
        Spec::File("film/a.mkv", 700_001),
        Spec::File("film/empty", 0),
        Spec::File("film/subs/a.srt", 10),
        Spec::File("film/subs/b.srt", 20),
        Spec::Symlink("film/link"),
        Spec::Pad(5_000),
        Spec::File("film/z.mkv", 2_500_000),
    ];
    Sample::new(33_333, &specs)
}

async fn whole(reader: &DiskReader, total: u64) -> Result<Vec<u8>, StorageError> {
    let mut all = Vec::new();
    while (all.len() as u64) < total {
        all.extend(reader.read(ByteRange::new(all.len() as u64, total)).await?);
    }
    Ok(all)
}

#[test]
fn what_is_written_is_read_and_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let sample = sample();
    run(async {
        let (disk, mut events) = (disk(), Events::new());
        let root = dir.path().join("downloads");
        let reader = disk.send(events.files(&sample, &root)).await.unwrap().unwrap();
        assert!(!root.exists(), "opening makes nothing");
        let missing = reader.read(ByteRange::new(0, 1)).await.unwrap_err();
        assert!(matches!(missing, StorageError::Missing(_)), "{missing}");

        disk.send(Prepare { info_hash: HASH }).await.unwrap().unwrap();
        assert!(root.join("film/empty").is_file());

        let budget = Budget::new(sample.data.len() as u64);
        let mut order: Vec<_> = sample.pieces().collect();
        order.sort_by_key(|p| (p.0 % 7, p.0));
        let last = order.pop().unwrap();
        for piece in order {
            let piece = sample.piece(&budget, piece);
            disk.do_send(Write { info_hash: HASH, piece, done: events.written.clone() });
        }
        disk.send(Close { info_hash: HASH }).await.unwrap().unwrap();
        assert_eq!(budget.used(), 0, "what is written is not held");
        let told = events.until(|e| matches!(e, PieceEvent::Synced { .. })).await;
        let written = told.iter().filter(|e| matches!(e, PieceEvent::Written { .. })).count();
        assert_eq!(written as u32, sample.info.geometry.pieces() - 1);

        let reader = disk.send(events.files(&sample, &root)).await.unwrap().unwrap();
        let pieces = Bitfield::all(sample.info.geometry.pieces());
        disk.send(Check { info_hash: HASH, pieces: pieces.clone() }).await.unwrap().unwrap();
        let told = events.until(|e| matches!(e, PieceEvent::Checked { .. })).await;
        let mut expected = pieces;
        expected.clear(last);
        assert_eq!(told.last(), Some(&PieceEvent::Checked { have: expected }));

        let piece = sample.piece(&budget, last);
        disk.do_send(Write { info_hash: HASH, piece, done: events.written.clone() });
        disk.send(Close { info_hash: HASH }).await.unwrap().unwrap();
        let all = whole(&reader, sample.data.len() as u64).await.unwrap();
        assert!(all == sample.data, "every byte back, pads included");

        let past = ByteRange::new(sample.data.len() as u64 - 1, sample.data.len() as u64 + 1);
        assert!(matches!(reader.read(past).await, Err(StorageError::OutOfRange)));
        let film = root.join("film");
        assert!(!root.join(".pad").exists() && !film.join("link").exists());
        assert_eq!(std::fs::read(film.join("subs/b.srt")).unwrap(), sample.data[700_011..700_031]);
    });
}

#[test]
fn a_short_or_damaged_file_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let sample = Sample::one(20_000, 100_000);
    let path = dir.path().join("film.mkv");
    let mut bytes = sample.data.clone();
    bytes[45_000] ^= 1;
    bytes.truncate(90_000);
    std::fs::write(&path, bytes).unwrap();
    run(async {
        let (disk, mut events) = (disk(), Events::new());
        let reader = disk.send(events.files(&sample, dir.path())).await.unwrap().unwrap();
        let pieces = Bitfield::all(5);
        disk.send(Check { info_hash: HASH, pieces }).await.unwrap().unwrap();
        let told = events.until(|e| matches!(e, PieceEvent::Checked { .. })).await;
        let Some(PieceEvent::Checked { have }) = told.last() else { unreachable!() };
        assert_eq!(have.iter().collect::<Vec<_>>(), [0, 1, 3].map(PieceIndex));
        let short = reader.read(ByteRange::new(89_990, 90_001)).await.unwrap_err();
        assert!(matches!(short, StorageError::Short { wanted: 90_001, .. }), "{short}");
    });
}

#[test]
fn a_hole_counts_only_where_zeros_are_right() {
    let dir = tempfile::tempdir().unwrap();
    let mut sample = Sample::one(65_536, 5 * 65_536);
    sample.data[65_536..2 * 65_536].fill(0);
    let sample = Sample::of(65_536, sample.info.files.clone(), sample.data);
    let file = std::fs::File::create(dir.path().join("film.mkv")).unwrap();
    file.set_len(5 * 65_536).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &sample.data[3 * 65_536..4 * 65_536], 196_608)
        .unwrap();
    run(async {
        let (disk, mut events) = (disk(), Events::new());
        disk.send(events.files(&sample, dir.path())).await.unwrap().unwrap();
        disk.send(Check { info_hash: HASH, pieces: Bitfield::all(5) }).await.unwrap().unwrap();
        let told = events.until(|e| matches!(e, PieceEvent::Checked { .. })).await;
        let Some(PieceEvent::Checked { have }) = told.last() else { unreachable!() };
        assert_eq!(have.iter().collect::<Vec<_>>(), [1, 3].map(PieceIndex));
    });
}
