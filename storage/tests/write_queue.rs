//! Whatever fails or restarts, every queued piece is written, and none is called safe before a sync
//! that began after its write.

mod common;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use common::Sample;
use proptest::prelude::*;
use storage::disk::queue::WriteQueue;
use storage::{Budget, FileIndex};
use wire::PieceIndex;

#[derive(Clone, Copy, Debug)]
enum Step {
    Push(u32),
    Write,
    WriteEnds(bool),
    Sync,
    SyncEnds(bool),
    Restart,
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0u32..40).prop_map(Step::Push),
        Just(Step::Write),
        prop::bool::weighted(0.8).prop_map(Step::WriteEnds),
        Just(Step::Sync),
        prop::bool::weighted(0.8).prop_map(Step::SyncEnds),
        Just(Step::Restart),
        (0u64..20_000).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn nothing_is_lost_nor_safe_too_early(steps in prop::collection::vec(step(), 0..200)) {
        let sample = Sample::one(1_000, 40_000);
        let budget = Budget::new(400_000);
        let mut queue = WriteQueue::default();
        let mut now = Instant::now();
        let (mut pushed, mut written) = (BTreeSet::new(), BTreeSet::new());
        let (mut writing, mut syncing) = (false, None::<BTreeSet<PieceIndex>>);
        for step in steps {
            match step {
                Step::Push(piece) => {
                    let piece = PieceIndex(piece);
                    let queued = pushed.contains(&piece) && !written.contains(&piece);
                    prop_assert_eq!(queue.push(sample.piece(&budget, piece), piece), !queued);
                    pushed.insert(piece);
                    written.remove(&piece);
                }
                Step::Write => {
                    if let Some(run) = queue.begin_write(now) {
                        prop_assert!(!writing, "one write at a time");
                        writing = true;
                        prop_assert!(run.windows(2).all(|w| w[0].index().0 + 1 == w[1].index().0));
                    }
                }
                Step::WriteEnds(true) if writing => {
                    writing = false;
                    for (piece, tag) in queue.wrote(now, BTreeSet::from([FileIndex(0)])) {
                        prop_assert_eq!(piece, tag);
                        prop_assert!(written.insert(piece) && pushed.contains(&piece));
                    }
                }
                Step::WriteEnds(false) if writing => {
                    writing = false;
                    queue.write_failed(now);
                    prop_assert!(queue.begin_write(now).is_none(), "not at once again");
                }
                Step::Sync => {
                    if let Some(sync) = queue.begin_sync(now, false) {
                        prop_assert!(syncing.is_none() && sync.pieces.is_subset(&written.clone().union(&pushed).copied().collect()));
                        syncing = Some(sync.pieces);
                    }
                }
                Step::SyncEnds(true) if syncing.is_some() => {
                    let safe: BTreeSet<_> = queue.synced().into_iter().collect();
                    prop_assert_eq!(Some(safe), syncing.take());
                }
                Step::SyncEnds(false) if syncing.take().is_some() => queue.sync_failed(now),
                Step::Restart => {
                    queue.restart(now);
                    (writing, syncing) = (false, None);
                }
                Step::Wait(millis) => now += Duration::from_millis(millis),
                _ => {}
            }
        }
        // Left alone with a disk that works, all gets written and synced.
        queue.restart(now);
        for _ in 0..200 {
            now += Duration::from_secs(20);
            if queue.begin_write(now).is_some() {
                for (piece, _) in queue.wrote(now, BTreeSet::new()) {
                    written.insert(piece);
                }
            } else if queue.begin_sync(now, true).is_some() {
                queue.synced();
            }
        }
        prop_assert!(queue.is_clean() && queue.is_working());
        prop_assert_eq!(written, pushed);
        prop_assert_eq!(queue.alarm(), None);
        prop_assert_eq!(budget.used(), 0);
    }
}

#[test]
fn a_run_is_two_mebibytes_of_neighbours() {
    let sample = Sample::one(600_000, 6_000_000);
    let budget = Budget::new(6_000_000);
    let mut queue = WriteQueue::default();
    for piece in [0, 1, 2, 3, 4, 7].map(PieceIndex) {
        queue.push(sample.piece(&budget, piece), ());
    }
    let now = Instant::now();
    let mut runs = Vec::new();
    while let Some(run) = queue.begin_write(now) {
        runs.push(run.iter().map(|p| p.index().0).collect::<Vec<_>>());
        queue.wrote(now, BTreeSet::new());
    }
    assert_eq!(runs, [vec![0, 1, 2], vec![3, 4], vec![7]]);
}
