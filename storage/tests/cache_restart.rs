//! After a panic the cache knows its torrents, and everybody who lost something is told.

mod common;

use std::sync::Arc;

use common::{HASH, Sample};
use storage::cache::Found;
use storage::cache::found::Answer;
use storage::cache::policy::{Backing, CursorId};
use storage::cache::state::{Action, CacheState};
use storage::{Budget, PieceEvent};
use tokio::sync::oneshot::error::TryRecvError;
use wire::{Bitfield, PieceIndex};

/// Who reads; its window does not matter here.
const READER: Option<CursorId> = Some(CursorId(1));

#[test]
fn registrations_stay_pieces_and_readers_go() {
    let sample = Sample::one(50_000, 150_000);
    let budget = Budget::new(150_000);
    let mut state = CacheState::new(budget.clone(), Backing::Disk, 80);
    let mut have = Bitfield::none(3);
    have.set(PieceIndex(2));
    state.open(HASH, Arc::clone(&sample.info), have);
    let piece = sample.piece(&budget, PieceIndex(0));
    assert_eq!(state.hashed(HASH, PieceIndex(0), Ok(piece)).len(), 2, "told and to be written");
    let Answer::Later(_, mut reply) = state.read(HASH, PieceIndex(1), READER) else {
        panic!("piece 1 is nowhere");
    };

    let actions = state.restart();
    let told = |a: &Action| matches!(a, Action::Tell(HASH, PieceEvent::CacheRestarted));
    assert!(actions.len() == 1 && actions.iter().all(told), "{actions:?}");
    assert_eq!(reply.try_recv().unwrap_err(), TryRecvError::Closed);
    assert_eq!(budget.used(), 0);
    let found = |state: &mut CacheState, piece| state.read(HASH, PieceIndex(piece), READER);
    let on_disk = found(&mut state, 2);
    assert!(matches!(on_disk, Answer::Now(Ok(Found::OnDisk { pieces: 1 }))), "{on_disk:?}");
    let Answer::Later(_, mut reply) = found(&mut state, 0) else {
        panic!("piece 0 was lost");
    };
    // The disk's queue outlives the cache: what it still writes wakes who asked again.
    state.written(HASH, PieceIndex(0));
    assert!(matches!(reply.try_recv(), Ok(Ok(Found::OnDisk { pieces: 1 }))));
}
