//! The budget never grants more than it has, and gets everything back.

use proptest::prelude::*;
use storage::Budget;

proptest! {
    #[test]
    fn granted_is_never_above_capacity(
        capacity in 0u64..10_000,
        steps in prop::collection::vec((any::<bool>(), 0u32..4_000), 0..200),
    ) {
        let budget = Budget::new(capacity);
        let mut held = Vec::new();
        for (take, amount) in steps {
            let sum: u64 = held.iter().map(|r: &storage::Reservation| u64::from(r.bytes())).sum();
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

#[test]
fn a_smaller_budget_grants_nothing_until_enough_came_back() {
    let budget = Budget::new(100);
    let (a, b) = (budget.try_reserve(60).unwrap(), budget.try_reserve(40).unwrap());
    budget.resize(50);
    drop(b);
    assert!(budget.try_reserve(1).is_none());
    drop(a);
    assert_eq!(budget.free(), 50);
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
