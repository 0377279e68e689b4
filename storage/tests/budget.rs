//! The budget never grants more than it has, and gets everything back.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use storage::{Budget, Claim, Reservation};

/// What an upload gets without waiting.
fn upload_now(budget: &Budget, bytes: u32) -> Option<Reservation> {
    match pin!(budget.reserve_upload(bytes)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(room) => Some(room),
        Poll::Pending => None,
    }
}

proptest! {
    #[test]
    fn granted_is_never_above_capacity(
        capacity in 0u64..10_000,
        steps in prop::collection::vec((any::<bool>(), 0u32..4_000), 0..200),
    ) {
        let budget = Budget::new(capacity);
        let mut held = Vec::new();
        for (take, amount) in steps {
            let sum: u64 = held.iter().map(|r: &Reservation| u64::from(r.bytes())).sum();
            prop_assert_eq!(budget.used(), sum);
            if take {
                let fits = sum + u64::from(amount) <= capacity;
                let got = budget.try_reserve(amount);
                prop_assert_eq!(got.is_some(), fits);
                held.extend(got);
            } else if !held.is_empty() {
                held.swap_remove(amount as usize % held.len());
            }
            prop_assert!(budget.used() <= capacity);
        }
        held.clear();
        prop_assert_eq!(budget.used(), 0);
    }
}

/// What room is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Of {
    Unverified,
    Upload,
    Other,
}

/// What happens to the room of pieces, of reads and of uploads.
#[derive(Clone, Debug)]
enum Step {
    Fetch(u32, Claim),
    Read(u32),
    Upload(u32),
    Verified(usize),
    Drop(usize),
    Working(u64),
    Resize(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let claim = prop::sample::select(vec![Claim::Ahead, Claim::Blocking, Claim::Urgent]);
    prop_oneof![
        6 => (1u32..3_000, claim).prop_map(|(bytes, claim)| Step::Fetch(bytes, claim)),
        2 => (1u32..500).prop_map(Step::Read),
        4 => (1u32..500).prop_map(Step::Upload),
        3 => any::<usize>().prop_map(Step::Verified),
        3 => any::<usize>().prop_map(Step::Drop),
        1 => (0u64..12_000).prop_map(Step::Working),
        1 => (0u64..12_000).prop_map(Step::Resize),
    ]
}

proptest! {
    #[test]
    fn unverified_pieces_and_uploads_keep_to_their_shares(
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let budget = Budget::new(10_000);
        let (mut held, mut working) = (Vec::new(), u64::MAX);
        for step in steps {
            let (used, unverified, capacity) =
                (budget.used(), budget.unverified(), budget.capacity());
            let uploads = budget.uploads();
            match step {
                Step::Fetch(bytes, claim) => {
                    let len = u64::from(bytes);
                    let share = match claim {
                        Claim::Ahead => (capacity / 4).max(2 * len),
                        _ => u64::MAX,
                    };
                    let limit = match claim {
                        Claim::Urgent => capacity,
                        _ => working.saturating_add(uploads).min(capacity),
                    };
                    let fits = unverified + len <= share && used + len <= limit;
                    prop_assert_eq!(budget.has_room(len, claim, 0), fits, "what is told is true");
                    let got = budget.try_reserve_piece(bytes, claim);
                    prop_assert_eq!(got.is_some(), fits);
                    held.extend(got.map(|room| (room, Of::Unverified)));
                }
                Step::Read(bytes) => {
                    held.extend(budget.try_reserve(bytes).map(|room| (room, Of::Other)));
                }
                Step::Upload(bytes) => {
                    let len = u64::from(bytes);
                    let fits =
                        uploads + len <= (capacity / 8).max(len) && used + len <= capacity;
                    let got = upload_now(&budget, bytes);
                    prop_assert_eq!(got.is_some(), fits);
                    held.extend(got.map(|room| (room, Of::Upload)));
                }
                Step::Verified(at) => {
                    let mut pieces = held.iter_mut().filter(|(_, of)| *of == Of::Unverified);
                    if let Some((room, of)) = pieces.nth(at % 4) {
                        room.verified();
                        *of = Of::Other;
                    }
                }
                // Whether it is whole or in parts.
                Step::Drop(at) if !held.is_empty() => {
                    let (mut room, _) = held.swap_remove(at % held.len());
                    let part = room.split(100);
                    drop(room);
                    drop(part);
                }
                Step::Working(limit) => {
                    working = limit;
                    budget.set_working_limit(limit);
                }
                Step::Resize(bytes) => budget.resize(bytes),
                _ => {}
            }
            let sum = |only: Option<Of>| -> u64 {
                let rooms = held.iter().filter(|(_, of)| only.is_none_or(|only| only == *of));
                rooms.map(|(room, _)| u64::from(room.bytes())).sum()
            };
            prop_assert_eq!(budget.used(), sum(None));
            prop_assert_eq!(budget.unverified(), sum(Some(Of::Unverified)));
            prop_assert_eq!(budget.uploads(), sum(Some(Of::Upload)));
            prop_assert!(budget.used() <= budget.capacity().max(used));
        }
        held.clear();
        prop_assert_eq!((budget.used(), budget.unverified(), budget.uploads()), (0, 0, 0));
    }
}

#[test]
fn however_small_the_budget_the_piece_under_a_reader_and_the_next_fit() {
    let budget = Budget::new(32);
    let under = budget.try_reserve_piece(16, Claim::Blocking).unwrap();
    let next = budget.try_reserve_piece(16, Claim::Ahead);
    assert!(next.is_some());
    drop((under, next));
    assert!(budget.try_reserve_piece(16, Claim::Ahead).is_some());
}

#[test]
fn a_stream_goes_on_while_uploads_wait() {
    let budget = Budget::new(256);
    budget.set_working_limit(128);
    let uploads: Vec<_> = std::iter::from_fn(|| upload_now(&budget, 4)).collect();
    assert_eq!(uploads.len(), 8, "an eighth");
    for _ in 0..10 {
        let under = budget.try_reserve_piece(64, Claim::Blocking);
        let next = budget.try_reserve_piece(64, Claim::Ahead);
        assert!(under.is_some() && next.is_some(), "what uploads have slows no download down");
        assert!(upload_now(&budget, 4).is_none());
    }
    drop(uploads);
    assert!(upload_now(&budget, 32).is_some());
}

#[tokio::test]
async fn an_upload_that_waits_goes_on_when_there_is_room_again() {
    let used = Budget::new(800);
    let room = used.try_reserve(800);
    goes_on_after(&used, || drop(room)).await;
    let others = Budget::new(800);
    let uploads = upload_now(&others, 100);
    goes_on_after(&others, || drop(uploads)).await;
    let small = Budget::new(0);
    goes_on_after(&small, || small.resize(800)).await;
}

async fn goes_on_after(budget: &Budget, change: impl FnOnce()) {
    let waiting = [2, 98].map(|bytes| {
        let budget = budget.clone();
        tokio::spawn(async move { budget.reserve_upload(bytes).await })
    });
    tokio::task::yield_now().await;
    assert!(waiting.iter().all(|upload| !upload.is_finished()));
    change();
    for upload in waiting {
        let done = tokio::time::timeout(Duration::from_secs(30), upload).await;
        assert!(matches!(done, Ok(Ok(_))));
    }
}

#[test]
fn a_smaller_budget_grants_nothing_until_enough_came_back() {
    let budget = Budget::new(100);
    let (a, b) = (budget.try_reserve(60).unwrap(), budget.try_reserve(40).unwrap());
    budget.resize(50);
    drop(b);
    assert!(budget.try_reserve(1).is_none());
    drop(a);
    assert!(budget.try_reserve(51).is_none());
    assert!(budget.try_reserve(50).is_some());
}

#[test]
fn threads_that_race_never_get_more_than_there_is() {
    let budget = Budget::new(1_000);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for i in 0..20_000u32 {
                    let got = budget.try_reserve(1 + i % 400);
                    assert!(budget.used() <= 1_000);
                    drop(got);
                }
            });
        }
    });
    assert_eq!(budget.used(), 0);
}

#[test]
fn promises_come_to_the_capacity_and_reserve_nothing() {
    let budget = Budget::new(100);
    let first = budget.promise(60).unwrap();
    assert!(budget.promise(41).is_none());
    let second = budget.promise(40).unwrap();
    assert_eq!(budget.used(), 0);
    drop(first);
    assert!(budget.promise(60).is_some());
    budget.resize(50);
    assert!(budget.promise(11).is_none(), "40 are promised still");
    drop(second);
}

#[test]
fn what_was_read_is_charged_until_its_last_slice_is_gone() {
    let budget = Budget::new(100);
    let read = budget.try_reserve(60).unwrap().charge(Bytes::from(vec![7; 60]));
    let slice = read.slice(10..20);
    drop(read);
    assert_eq!((budget.used(), &slice[..]), (60, &[7; 10][..]));
    drop(slice);
    assert_eq!(budget.used(), 0);
}

#[test]
fn a_split_reservation_gives_back_what_each_part_holds() {
    let budget = Budget::new(100);
    let mut whole = budget.try_reserve(70).unwrap();
    let part = whole.split(50);
    let rest = whole.split(50);
    assert_eq!((whole.bytes(), part.bytes(), rest.bytes(), budget.used()), (0, 50, 20, 70));
    drop(whole);
    drop(part);
    assert_eq!(budget.used(), 20);
    drop(rest);
    assert_eq!(budget.used(), 0);
}
