//! Metadata from several peers (BEP 9), and HOSTILE 30, 31.

#![allow(clippy::unwrap_used)]

#[path = "support/fetch.rs"]
mod fetch;

use fetch::{Fetch, INFO_LEN, PIECES, good, piece_len};
use wire::extension::MAX_METADATA;
use wire::{Fetched, InfoHash, MetadataFetch};

#[test]
fn several_peers_are_asked_at_once_and_no_piece_twice() {
    let mut fetch = Fetch::with_peers(&[(1, INFO_LEN), (2, INFO_LEN), (3, INFO_LEN)]);
    let wants = fetch.wants();
    let mut pieces: Vec<u32> = wants.iter().map(|(_, piece)| *piece).collect();
    pieces.sort_unstable();
    assert_eq!(pieces, (0..PIECES).collect::<Vec<_>>());
    for key in [1, 2, 3] {
        assert!((3..=4).contains(&wants.iter().filter(|(k, _)| *k == key).count()));
    }
    assert_eq!(fetch.wants(), []);
}

#[test]
fn a_peer_has_at_most_four_requests() {
    let mut fetch = Fetch::with_peers(&[(1, INFO_LEN)]);
    assert_eq!(fetch.wants(), [(1, 0), (1, 1), (1, 2), (1, 3)]);
    fetch.gives(1, 2);
    assert_eq!(fetch.wants(), [(1, 4)]);
}

#[test]
fn the_whole_comes_out_when_the_last_piece_came() {
    let mut fetch = Fetch::with_peers(&[(1, INFO_LEN), (2, INFO_LEN)]);
    assert_eq!(fetch.run(|_, piece| good(piece)), Some(fetch::info()));
    assert_eq!(fetch.wants(), []);
    assert_eq!(fetch.fetch.next_timeout(), None);
}

#[test]
fn progress_counts_pieces() {
    let mut fetch = Fetch::with_peers(&[]);
    assert_eq!(fetch.fetch.progress(), (0, 0));
    fetch.joins(1, INFO_LEN);
    fetch.wants();
    fetch.gives(1, 0);
    assert_eq!(fetch.fetch.progress(), (1, PIECES));
}

#[test]
fn what_a_peer_gave_stays_when_it_leaves() {
    let mut fetch = Fetch::with_peers(&[(1, INFO_LEN)]);
    fetch.wants();
    fetch.gives(1, 0);
    fetch.fetch.left(1);
    assert_eq!(fetch.wants(), []);
    fetch.joins(2, INFO_LEN);
    assert_eq!(fetch.wants(), [(2, 1), (2, 2), (2, 3), (2, 4)]);
}

#[test]
fn the_size_most_peers_claim_is_tried_first() {
    let mut fetch = Fetch::with_peers(&[(1, 9), (2, INFO_LEN), (3, INFO_LEN)]);
    assert!(fetch.wants().iter().all(|(key, _)| *key != 1));
}

#[test]
fn row_30_impossible_sizes_take_no_part() {
    let mut fetch = Fetch::with_peers(&[(1, 0), (2, MAX_METADATA + 1), (3, u32::MAX)]);
    assert_eq!(fetch.wants(), []);
    fetch.joins(1, MAX_METADATA);
    assert_eq!(fetch.wants().len(), 4);
    fetch.joins(1, 0);
    assert_eq!(fetch.wants(), []);
}

#[test]
fn row_30_a_changed_size_moves_the_peer() {
    let mut fetch = Fetch::with_peers(&[(1, 9)]);
    assert_eq!(fetch.wants(), [(1, 0)]);
    fetch.joins(1, INFO_LEN);
    assert_eq!(fetch.run(|_, piece| good(piece)), Some(fetch::info()));
}

#[test]
fn row_31_another_total_or_length_is_a_lie_and_the_liar_is_asked_no_more() {
    let lies = [
        (0, INFO_LEN + 1, piece_len(0)),
        (0, INFO_LEN, piece_len(0) - 1),
        (0, INFO_LEN, 0),
        (PIECES - 1, INFO_LEN, piece_len(0)),
        (PIECES, INFO_LEN, piece_len(0)),
        (u32::MAX, INFO_LEN, 1),
    ];
    for (piece, total, length) in lies {
        let mut fetch = Fetch::with_peers(&[(1, INFO_LEN), (2, INFO_LEN)]);
        fetch.wants();
        let junk = vec![0; length].into();
        let fetched = fetch.fetch.data(fetch.now, 1, piece, total, junk);
        assert_eq!(fetched, Fetched::Wrong(vec![1]), "{piece} {total} {length}");
        fetch.after(30);
        assert!(fetch.wants().iter().all(|(key, _)| *key == 2));
    }
}

#[test]
fn row_31_a_wrong_whole_from_one_peer_blames_it() {
    let mut fetch = Fetch::with_peers(&[(1, INFO_LEN)]);
    assert_eq!(fetch.run(|_, piece| vec![0; piece_len(piece)]), None);
    assert_eq!(fetch.wrong, [vec![1]]);
    fetch.joins(2, INFO_LEN);
    assert_eq!(fetch.run(|_, piece| good(piece)), Some(fetch::info()));
}

#[test]
fn row_31_a_wrong_whole_from_several_blames_nobody_and_then_one_at_a_time() {
    let mut fetch = Fetch::with_peers(&[(1, INFO_LEN), (2, INFO_LEN), (3, INFO_LEN)]);
    let whole = fetch.run(|key, piece| match key {
        2 => vec![0; piece_len(piece)],
        _ => good(piece),
    });
    assert_eq!(whole, Some(fetch::info()));
    assert_eq!(fetch.wrong[0], []);
    assert!(fetch.wrong[1..].iter().all(|blamed| *blamed == [2]), "{:?}", fetch.wrong);
}

#[test]
fn row_31_other_sizes_are_tried_when_most_peers_lie() {
    let liars = INFO_LEN - 5;
    let mut fetch = Fetch::with_peers(&[(1, liars), (2, liars), (3, liars), (4, INFO_LEN)]);
    let whole = fetch.run(|key, piece| match key {
        4 => good(piece),
        _ => vec![0; piece_len(piece).min((liars - piece * 16384) as usize)],
    });
    assert_eq!(whole, Some(fetch::info()));
}

#[test]
fn row_31_pieces_nobody_asked_for_do_no_harm() {
    let mut fetch = MetadataFetch::new(InfoHash([0; 20]));
    let now = std::time::Instant::now();
    assert_eq!(fetch.data(now, 7, 0, 9, vec![0; 9].into()), Fetched::More);
    fetch.rejected(now, 7, 0);
    assert_eq!(fetch.wants(now), []);
}
