//! Readers come, go on, and leave, of torrents of whatever piece lengths: what all that go on may
//! have ahead of them never exceeds the budget, as long as that keeps what it promised them.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use common::Sample;
use proptest::prelude::*;
use storage::budget::Promise;
use storage::cache::CursorId;
use storage::cache::cursors::actor::Place;
use storage::cache::policy::{Backing, LEAST_AHEAD, Reach};
use storage::cache::state::{Action, CacheState};
use storage::{Budget, PieceEvent};
use wire::{Bitfield, ByteRange, Info, InfoHash};

const LENGTH: u64 = 2_000_000;
const PIECES: [u32; 3] = [16_384, 100_000, 400_000];
const CAPACITY: u64 = 2_000_000;

static INFOS: LazyLock<[Arc<Info>; 3]> =
    LazyLock::new(|| PIECES.map(|piece_length| Sample::one(piece_length, LENGTH).info));

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A reader of this torrent comes, if it can be promised what it needs.
    Open(usize),
    /// A reader goes on, or is done with it.
    Reach(usize, Reach),
    Close(usize),
    Configure(u64, u8),
}

fn step() -> impl Strategy<Value = Step> {
    let reach = prop::sample::select(vec![Reach::Share, Reach::Share, Reach::Near]);
    prop_oneof![
        4 => (0..PIECES.len()).prop_map(Step::Open),
        4 => (any::<usize>(), reach).prop_map(|(reader, reach)| Step::Reach(reader, reach)),
        2 => any::<usize>().prop_map(Step::Close),
        1 => (CAPACITY / 2..CAPACITY * 2, 1u8..=100)
            .prop_map(|(capacity, percent)| Step::Configure(capacity, percent)),
    ]
}

struct Reader {
    cursor: CursorId,
    torrent: usize,
    reach: Reach,
    _room: Promise,
}

fn hash(torrent: usize) -> InfoHash {
    InfoHash([torrent as u8; 20])
}

fn place(state: &mut CacheState, reader: &Reader) -> Vec<Action> {
    state.place(&Place {
        info_hash: hash(reader.torrent),
        cursor: reader.cursor,
        file: ByteRange::new(0, LENGTH),
        position: 0,
        end: LENGTH,
        reach: reader.reach,
    })
}

proptest! {
    #[test]
    fn what_they_may_have_ahead_is_what_there_is(steps in prop::collection::vec(step(), 1..80)) {
        let budget = Budget::new(CAPACITY);
        let mut state = CacheState::new(budget.clone(), Backing::Memory, 80);
        for (torrent, info) in INFOS.iter().enumerate() {
            let none = Bitfield::none(info.geometry.pieces());
            state.open(hash(torrent), Arc::clone(info), none);
        }
        let (mut readers, mut told) = (Vec::<Reader>::new(), BTreeMap::new());
        for (step, number) in steps.into_iter().zip(0..) {
            let at = |reader: usize, readers: &[Reader]| (!readers.is_empty()).then(|| reader % readers.len());
            let actions = match step {
                Step::Open(torrent) => {
                    let room = budget.promise(LEAST_AHEAD * u64::from(PIECES[torrent]));
                    let Some(_room) = room else { continue };
                    readers.push(Reader { cursor: CursorId(number), torrent, reach: Reach::Near, _room });
                    place(&mut state, &readers[readers.len() - 1])
                }
                Step::Reach(reader, reach) => {
                    let Some(at) = at(reader, &readers) else { continue };
                    readers[at].reach = reach;
                    place(&mut state, &readers[at])
                }
                Step::Close(reader) => {
                    let Some(at) = at(reader, &readers) else { continue };
                    let gone = readers.swap_remove(at);
                    state.cursor_closed(hash(gone.torrent), gone.cursor)
                }
                Step::Configure(capacity, percent) => {
                    budget.resize(capacity);
                    state.configure(percent)
                }
            };
            for action in actions {
                if let Action::Tell(info_hash, PieceEvent::Window { ahead }) = action {
                    told.insert(info_hash, ahead);
                }
            }
            let promoted = readers.iter().filter(|reader| reader.reach == Reach::Share);
            let (mut ahead, mut least) = (0, 0);
            for reader in promoted {
                ahead += told[&hash(reader.torrent)];
                least += LEAST_AHEAD * u64::from(PIECES[reader.torrent]);
            }
            // After the budget shrank, what was promised before may be more than there is.
            prop_assert!(ahead <= budget.capacity().max(least), "{ahead} of {}", budget.capacity());
        }
    }
}
