//! Peers that keep silent, reject or are slow while metadata is fetched (BEP 9).

#![allow(clippy::unwrap_used, dead_code)]

#[path = "support/fetch.rs"]
mod fetch;

use std::time::Duration;

use fetch::{Fetch, INFO_LEN, good};

/// Bytes of three pieces.
const SMALL: u32 = 2 * 16384 + 1;

#[test]
fn after_three_silent_seconds_another_is_asked() {
    let mut fetch = Fetch::with_peers(&[(1, INFO_LEN)]);
    assert_eq!(fetch.wants().len(), 4);
    fetch.joins(2, INFO_LEN);
    assert_eq!(fetch.wants(), [(2, 4), (2, 5), (2, 6), (2, 7)]);
    let asked = fetch.now;
    (4..8).for_each(|piece| fetch.gives(2, piece));
    assert_eq!(fetch.wants(), [(2, 8), (2, 9)]);
    fetch.gives(2, 8);
    fetch.gives(2, 9);
    assert_eq!(fetch.fetch.next_timeout(), Some(asked + Duration::from_secs(3)));
    fetch.after(3);
    let all = fetch.wants();
    assert_eq!(all, [(2, 0), (2, 1), (2, 2), (2, 3)]);
}

#[test]
fn an_idle_peer_is_asked_for_one_of_the_last_pieces_too() {
    let mut fetch = Fetch::with_peers(&[(1, SMALL)]);
    assert_eq!(fetch.wants(), [(1, 0), (1, 1), (1, 2)]);
    fetch.joins(2, SMALL);
    fetch.joins(3, SMALL);
    let wants = fetch.wants();
    assert_eq!(wants.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [2, 3]);
    assert_ne!(wants[0].1, wants[1].1);
}

#[test]
fn a_silent_peer_is_asked_again_after_15_seconds() {
    let mut fetch = Fetch::with_peers(&[(1, SMALL)]);
    assert_eq!(fetch.wants().len(), 3);
    fetch.after(14);
    assert_eq!(fetch.wants(), []);
    fetch.after(1);
    assert_eq!(fetch.wants().len(), 3);
}

#[test]
fn a_rejected_piece_is_asked_of_another_at_once_and_of_the_same_after_30_seconds() {
    let mut fetch = Fetch::with_peers(&[(1, 9), (2, 9)]);
    assert_eq!(fetch.wants(), [(1, 0), (2, 0)]);
    fetch.fetch.rejected(fetch.now, 1, 0);
    fetch.after(2);
    assert_eq!(fetch.wants(), []);
    fetch.fetch.rejected(fetch.now, 2, 0);
    fetch.after(27);
    assert_eq!(fetch.wants(), []);
    assert_eq!(fetch.fetch.next_timeout(), Some(fetch.now + Duration::from_secs(1)));
    fetch.after(1);
    assert_eq!(fetch.wants(), [(1, 0)]);
}

#[test]
fn the_only_peer_is_asked_again_5_seconds_after_it_rejected() {
    let mut fetch = Fetch::with_peers(&[(1, 9)]);
    assert_eq!(fetch.wants(), [(1, 0)]);
    fetch.fetch.rejected(fetch.now, 1, 0);
    fetch.after(4);
    assert_eq!(fetch.wants(), []);
    assert_eq!(fetch.fetch.next_timeout(), Some(fetch.now + Duration::from_secs(1)));
    fetch.after(1);
    assert_eq!(fetch.wants(), [(1, 0)]);
}

#[test]
fn row_31_silent_peers_of_another_size_give_way_after_5_seconds() {
    let mut fetch = Fetch::with_peers(&[(1, 9), (2, 9), (3, INFO_LEN)]);
    assert_eq!(fetch.wants().len(), 2);
    fetch.after(4);
    assert!(fetch.wants().iter().all(|(key, _)| *key != 3));
    fetch.after(1);
    assert_eq!(fetch.wants(), [(3, 0), (3, 1), (3, 2), (3, 3)]);
}

#[test]
fn row_31_a_slow_lie_does_not_hold_up_the_others_for_ever() {
    let long = 1 << 24;
    let mut fetch = Fetch::with_peers(&[(1, long), (2, long), (3, INFO_LEN)]);
    let mut asked = Vec::new();
    for _ in 0..20 {
        asked.extend(fetch.wants());
        if let Some(at) = asked.iter().position(|(key, _)| *key < 3) {
            let (key, piece) = asked.remove(at);
            fetch.fetch.data(fetch.now, key, piece, long, vec![0; 16384].into());
        }
        fetch.after(1);
    }
    assert!(asked.iter().any(|(key, _)| *key == 3), "{asked:?}");
}

#[test]
fn row_31_a_slow_but_honest_peer_finishes_though_another_size_waits() {
    let mut fetch = Fetch::with_peers(&[(1, INFO_LEN), (2, INFO_LEN + 1)]);
    let mut whole = None;
    let mut asked = Vec::new();
    for _ in 0..200 {
        asked.extend(fetch.wants());
        if let Some(at) = asked.iter().position(|(key, _)| *key == 1) {
            let (_, piece) = asked.remove(at);
            whole = whole.or(fetch.takes(1, piece, good(piece)));
        }
        fetch.after(4);
    }
    assert_eq!(whole, Some(fetch::info()));
}

#[test]
fn the_next_timeout_is_never_past() {
    let mut fetch = Fetch::with_peers(&[(1, INFO_LEN), (2, 9)]);
    for _ in 0..1000 {
        fetch.wants();
        let next = fetch.fetch.next_timeout().unwrap();
        assert!(next > fetch.now);
        fetch.now = next;
    }
}
