//! Whatever torrents, readers and an operator do, in whatever order: the budget is never exceeded,
//! nothing is leaked, and no piece leaves memory under a read.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use common::Sample;
use proptest::prelude::*;
use storage::cache::Found;
use storage::cache::cursors::actor::Place;
use storage::cache::found::Answer;
use storage::cache::policy::{Backing, CursorId, Reach};
use storage::cache::state::{Action, CacheState};
use storage::{Budget, Claim, PieceEvent, verify};
use wire::{Bitfield, ByteRange, InfoHash, PieceIndex};

const TORRENTS: u8 = 2;
const LENGTH: u64 = 1_000_000;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A piece is fetched whole, if there is room for who wants it.
    Fetch {
        torrent: u8,
        piece: u32,
        claim: Claim,
    },
    /// The disk took a piece.
    Written {
        torrent: u8,
        piece: u32,
    },
    /// A cursor opens, moves, or jumps.
    Place {
        torrent: u8,
        cursor: u64,
        position: u64,
        reach: Reach,
    },
    /// A reader asks for the piece under its cursor and holds what it gets, or waits.
    Read {
        cursor: u64,
    },
    /// A client has taken what a reader held.
    Sent {
        cursor: u64,
    },
    Close {
        cursor: u64,
    },
    /// `ram_buffer_mb` and `buffer_ahead_percent` change.
    Configure {
        capacity: u64,
        percent: u8,
    },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let (torrent, cursor) = (0..TORRENTS, 0u64..4);
    let claim = prop::sample::select(vec![Claim::Ahead, Claim::Blocking, Claim::Urgent]);
    let reach = prop_oneof![Just(Reach::Near), Just(Reach::Share)];
    let placed = (torrent.clone(), cursor.clone(), 0..LENGTH, reach);
    prop_oneof![
        8 => (torrent.clone(), 0u32..40, claim)
            .prop_map(|(torrent, piece, claim)| Step::Fetch { torrent, piece, claim }),
        3 => (torrent, 0u32..40).prop_map(|(torrent, piece)| Step::Written { torrent, piece }),
        3 => placed.prop_map(|(torrent, cursor, position, reach)| {
            Step::Place { torrent, cursor, position, reach }
        }),
        4 => cursor.clone().prop_map(|cursor| Step::Read { cursor }),
        3 => cursor.clone().prop_map(|cursor| Step::Sent { cursor }),
        1 => cursor.prop_map(|cursor| Step::Close { cursor }),
        1 => (50_000u64..600_000, 1u8..=100)
            .prop_map(|(capacity, percent)| Step::Configure { capacity, percent }),
        1 => Just(Step::Restart),
    ]
}

/// A reader: where it is, and what it holds of memory.
struct Reader {
    torrent: u8,
    position: u64,
    held: Vec<Bytes>,
}

struct Bench {
    budget: Budget,
    backing: Backing,
    samples: Vec<Sample>,
    state: CacheState,
    readers: BTreeMap<u64, Reader>,
    /// Pieces in memory by what the cache told, in memory-only mode.
    here: BTreeSet<(u8, u32)>,
}

fn hash(torrent: u8) -> InfoHash {
    InfoHash([torrent; 20])
}

impl Bench {
    fn new(piece_length: u32, backing: Backing) -> Self {
        let samples: Vec<_> = (0..TORRENTS).map(|_| Sample::one(piece_length, LENGTH)).collect();
        let budget = Budget::new(400_000);
        let mut state = CacheState::new(budget.clone(), backing, 80);
        for (number, sample) in (0..).zip(&samples) {
            let none = Bitfield::none(sample.info.geometry.pieces());
            state.open(hash(number), Arc::clone(&sample.info), none);
        }
        Self { budget, backing, samples, state, readers: BTreeMap::new(), here: BTreeSet::new() }
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Fetch { torrent, piece, claim } => self.fetch(torrent, piece, claim),
            Step::Written { torrent, piece } => {
                if self.backing == Backing::Disk && self.here.contains(&(torrent, piece)) {
                    self.state.written(hash(torrent), PieceIndex(piece));
                }
            }
            Step::Place { torrent, cursor, position, reach } => {
                if self.readers.get(&cursor).is_some_and(|known| known.torrent != torrent) {
                    return;
                }
                let reader = Reader { torrent, position, held: Vec::new() };
                let held = self.readers.insert(cursor, reader).map(|old| old.held);
                if let (Some(held), Some(reader)) = (held, self.readers.get_mut(&cursor)) {
                    reader.held = held;
                }
                let file = ByteRange::new(0, LENGTH);
                let (info_hash, cursor) = (hash(torrent), CursorId(cursor));
                let place = Place { info_hash, cursor, file, position, end: LENGTH, reach };
                let told = self.state.place(&place);
                self.hear(told);
            }
            Step::Read { cursor } => self.read(cursor),
            Step::Sent { cursor } => {
                if let Some(reader) = self.readers.get_mut(&cursor) {
                    reader.held.clear();
                }
            }
            Step::Close { cursor } => {
                if let Some(reader) = self.readers.remove(&cursor) {
                    let told = self.state.cursor_closed(hash(reader.torrent), CursorId(cursor));
                    self.hear(told);
                }
            }
            Step::Configure { capacity, percent } => {
                self.budget.resize(capacity);
                let told = self.state.configure(percent);
                self.hear(told);
            }
            Step::Restart => {
                self.here.clear();
                self.state.restart();
            }
        }
        let told = self.state.relieve();
        self.hear(told);
    }

    fn fetch(&mut self, torrent: u8, piece: u32, claim: Claim) {
        let sample = self.samples[usize::from(torrent)].clone();
        let geometry = sample.info.geometry;
        let index = PieceIndex(piece % geometry.pieces());
        let len = geometry.piece_len(index);
        let before = self.budget.used();
        let Some(room) = self.budget.try_reserve_piece(len, claim) else {
            assert!(before + u64::from(len) > self.budget.capacity(), "it would have fitted");
            let told = self.state.reclaim(hash(torrent), u64::from(len), claim);
            return self.hear(told);
        };
        let candidate = sample.fill(room, index, None);
        let verified = verify::verify(candidate, &sample.info.piece_hashes[index.idx()]);
        self.here.insert((torrent, index.0));
        let told = self.state.hashed(hash(torrent), index, verified);
        self.hear(told);
    }

    fn read(&mut self, cursor: u64) {
        let Some(reader) = self.readers.get_mut(&cursor) else { return };
        let sample = &self.samples[usize::from(reader.torrent)];
        let Some(piece) = sample.info.geometry.piece_at(reader.position) else { return };
        let id = Some(CursorId(cursor));
        match self.state.read(hash(reader.torrent), piece, id) {
            Answer::Now(Ok(Found::Resident(resident))) => {
                let expected = sample.bytes(sample.info.geometry.piece_range(piece));
                let held: Vec<_> = resident.slices(0..u32::MAX).collect();
                assert!(held.concat() == expected, "the bytes are the piece's");
                reader.held = held;
            }
            Answer::Later(waiter, _) => {
                let told = self.state.relieve();
                self.state.forget(hash(reader.torrent), piece, waiter);
                self.hear(told);
            }
            _ => {}
        }
    }

    /// What the cache tells of pieces gone: none of them may be one that a cursor stands on.
    fn hear(&mut self, told: Vec<Action>) {
        for action in told {
            let Action::Tell(info_hash, PieceEvent::Evicted { piece }) = action else { continue };
            let torrent = info_hash.0[0];
            assert_eq!(self.backing, Backing::Memory, "what is in files is not lost");
            assert!(self.here.remove(&(torrent, piece.0)), "it was here");
            let geometry = self.samples[usize::from(torrent)].info.geometry;
            for reader in self.readers.values().filter(|reader| reader.torrent == torrent) {
                let under = geometry.piece_at(reader.position);
                assert_ne!(under, Some(piece), "it went from under a read");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn it_holds_and_nothing_is_leaked(
        piece_length in prop::sample::select(vec![16_384u32, 30_000, 100_000, 250_000]),
        disk in any::<bool>(),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let backing = if disk { Backing::Disk } else { Backing::Memory };
        let mut bench = Bench::new(piece_length, backing);
        let mut most = bench.budget.capacity();
        for step in steps {
            let before = bench.budget.used();
            bench.run(step);
            // After the budget shrank below what is in use, nothing is added until that is gone.
            most = bench.budget.capacity().max(before.min(most));
            prop_assert!(bench.budget.used() <= most, "{} > {most}", bench.budget.used());
            prop_assert_eq!(bench.state.stats().used, bench.budget.used());
        }
        for torrent in 0..TORRENTS {
            bench.state.close(hash(torrent));
        }
        let held: usize = bench.readers.values().flat_map(|r| &r.held).map(Bytes::len).sum();
        prop_assert!(bench.budget.used() <= held as u64, "only what readers hold is charged");
        bench.readers.clear();
        prop_assert_eq!(bench.budget.used(), 0);
    }
}
