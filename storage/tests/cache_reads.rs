//! A read waits for its piece; all who wait are woken; who leaves is forgotten.

mod common;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use common::actor::{Events, cache, disk, run};
use common::{HASH, Sample};
use storage::cache::actor::{CloseTorrent, Complete, Read, Stats};
use storage::cache::{CursorId, Found};
use storage::{Budget, PieceEvent, StorageError};
use wire::{Bitfield, InfoHash, PieceIndex};

fn read(piece: u32) -> Read {
    Read { info_hash: HASH, piece: PieceIndex(piece), cursor: Some(CursorId(1)) }
}

#[test]
fn sixteen_readers_wait_and_none_starves_while_writes_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let sample = Sample::one(50_000, 1_600_000);
    let budget = Budget::new(400_000);
    run(async {
        let (disk, mut events) = (disk(), Events::new());
        let reader = disk.send(events.files(&sample, dir.path())).await.unwrap().unwrap();
        let cache = cache(&budget, Some(&disk));
        cache.do_send(events.torrent(&sample, Bitfield::none(32)));
        let readers: Vec<_> = (0..16u32)
            .map(|i| {
                let (cache, sample, reader) = (cache.clone(), sample.clone(), reader.clone());
                actix_rt::spawn(async move {
                    // Two readers a piece, from the last piece down.
                    let piece = PieceIndex(31 - i / 2);
                    let range = sample.info.geometry.piece_range(piece);
                    let found = cache.send(read(piece.0)).await.unwrap().unwrap();
                    let bytes: Vec<u8> = match found {
                        Found::Resident(piece) | Found::Arrived(piece) => {
                            piece.slices(0..u32::MAX).flatten().collect()
                        }
                        Found::OnDisk { .. } => reader.read(range).await.unwrap().to_vec(),
                    };
                    assert!(bytes == sample.bytes(range));
                })
            })
            .collect();
        while cache.send(Stats).await.unwrap().waiting < 16 {
            tokio::task::yield_now().await;
        }
        for piece in sample.pieces() {
            while budget.used() > 350_000 {
                events.until(|e| matches!(e, PieceEvent::Written { .. })).await;
                tokio::task::yield_now().await;
            }
            let candidate = sample.candidate(&budget, piece, None);
            cache.do_send(Complete { info_hash: HASH, candidate });
        }
        for reader in readers {
            reader.await.unwrap();
        }
        let stats = cache.send(Stats).await.unwrap();
        assert_eq!(stats.waiting, 0);
    });
}

#[test]
fn a_spoilt_piece_wakes_nobody_and_the_right_one_does() {
    let sample = Sample::one(50_000, 100_000);
    let budget = Budget::new(100_000);
    run(async {
        let mut events = Events::new();
        let cache = cache(&budget, None);
        cache.do_send(events.torrent(&sample, Bitfield::none(2)));
        let mut waiting = pin!(cache.send(read(1)));
        let mut nobody = Context::from_waker(Waker::noop());
        assert!(waiting.as_mut().poll(&mut nobody).is_pending());
        let candidate = sample.candidate(&budget, PieceIndex(1), Some(0));
        cache.do_send(Complete { info_hash: HASH, candidate });
        let told = events.until(|e| matches!(e, PieceEvent::Failed { .. })).await;
        assert_eq!((told.len(), cache.send(Stats).await.unwrap().waiting), (1, 1));
        assert!(waiting.as_mut().poll(&mut nobody).is_pending());

        let candidate = sample.candidate(&budget, PieceIndex(1), None);
        cache.do_send(Complete { info_hash: HASH, candidate });
        let found = waiting.await.unwrap().unwrap();
        assert!(matches!(found, Found::Arrived(piece) if piece.index() == PieceIndex(1)));
    });
}

#[test]
fn a_reader_that_leaves_frees_its_place_and_a_closed_torrent_tells_the_rest() {
    let sample = Sample::one(50_000, 100_000);
    run(async {
        let events = Events::new();
        let cache = cache(&Budget::new(100_000), None);
        cache.do_send(events.torrent(&sample, Bitfield::none(2)));
        let (staying, leaving) = (cache.clone(), cache.clone());
        let stays = actix_rt::spawn(async move { staying.send(read(1)).await.unwrap() });
        let leaves = actix_rt::spawn(async move { leaving.send(read(1)).await });
        let until = async |wanted| {
            while cache.send(Stats).await.unwrap().waiting != wanted {
                tokio::task::yield_now().await;
            }
        };
        until(2).await;
        leaves.abort();
        until(1).await;
        cache.do_send(CloseTorrent { info_hash: HASH });
        assert!(matches!(stays.await.unwrap(), Err(StorageError::Closed)));
        let unknown = Read { info_hash: InfoHash([0; 20]), ..read(0) };
        let refused = cache.send(unknown).await.unwrap();
        assert!(matches!(refused, Err(StorageError::NoSuchTorrent(_))));
    });
}

#[test]
fn what_is_on_disk_is_said_once_for_many_pieces() {
    let sample = Sample::one(10_000, 100_000);
    run(async {
        let events = Events::new();
        let cache = cache(&Budget::new(0), None);
        let mut have = Bitfield::all(10);
        have.clear(PieceIndex(7));
        cache.do_send(events.torrent(&sample, have));
        let found = cache.send(read(2)).await.unwrap().unwrap();
        assert!(matches!(found, Found::OnDisk { pieces: 5 }), "{found:?}");
        let past = cache.send(read(10)).await.unwrap();
        assert!(matches!(past, Err(StorageError::OutOfRange)));
        let upload = Read { cursor: None, ..read(7) };
        let gone = cache.send(upload).await.unwrap();
        assert!(matches!(gone, Err(StorageError::NotHere)), "an upload does not wait");
    });
}
