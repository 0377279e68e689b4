//! Peers that choke, fall silent, reject, lie or hold up the tail.
#![allow(clippy::unwrap_used, reason = "tests")]

mod picker_support;

use std::time::Duration;

use engine::picker::{Event, PeerKey, WaitReason};
use picker_support::{Bench, MIB, cancelled, requested};
use wire::PieceIndex;

#[test]
fn a_choke_frees_the_requests_for_others() {
    let mut bench = Bench::new(MIB, 4);
    bench.seeder(1);
    bench.open(1, 0..4 * MIB);
    let owed = bench.owed(1);
    bench.choke(1);
    assert_eq!(bench.picker.cursors()[0].waits.as_ref().unwrap().reason, WaitReason::Choked);
    bench.seeder(2);
    assert_eq!(bench.owed(2), owed);
}

#[test]
fn allowed_fast_pieces_are_asked_of_a_choking_peer() {
    let mut bench = Bench::new(MIB, 4);
    bench.seeder(1);
    bench.choke(1);
    bench.open(1, 0..4 * MIB);
    assert!(bench.owed(1).is_empty());
    bench.allow(1, 2);
    assert!(!bench.owed(1).is_empty() && bench.owed(1).iter().all(|b| b.piece.0 == 2));
}

#[test]
fn a_snubbed_peers_blocks_are_asked_of_others() {
    let mut bench = Bench::new(MIB, 40);
    bench.seeder(1);
    bench.seeder(2);
    bench.open(1, 0..40 * MIB);
    bench.warm(30);
    let owed = bench.owed(1);
    assert!(!owed.is_empty());
    for _ in 0..200 {
        bench.now += Duration::from_millis(10);
        if let Some(block) = bench.owed(2).first().copied() {
            bench.bring(2, &[block]);
        }
        bench.send(Event::Tick);
    }
    let peers = bench.picker.peers(bench.now);
    assert!(peers[0].snubbed && !peers[1].snubbed);
    for block in owed {
        let there = bench.here.get(&block.piece).is_some_and(|b| b.contains(&block.index));
        assert!(there || bench.verified.contains(&block.piece), "{block:?} was left behind");
    }
}

#[test]
fn rejections_are_not_answered_with_the_same_request_at_once() {
    let mut bench = Bench::new(MIB, 4);
    bench.seeder(1);
    bench.open(1, 0..4 * MIB);
    let block = bench.owed(1)[0];
    let actions = bench.reject(1, block);
    assert!(requested(&actions, 1).is_empty());
    bench.tick_after(300);
    assert!(bench.owed(1).contains(&block));
}

/// Every block comes, from whoever is asked for it, and the hash is wrong.
fn fail(bench: &mut Bench) {
    while !bench.picker.active_pieces()[0].verifying {
        bench.now += Duration::from_millis(10);
        for key in 1..=3 {
            let peer = PeerKey(key);
            let owed = bench.owed(key);
            bench.remotes.get_mut(&peer).unwrap().owed.clear();
            let received = owed.len() as u64 * 16_384;
            bench.send(Event::BlocksArrived { peer, blocks: &owed, received });
        }
    }
    bench.send(Event::PieceFailed { piece: PieceIndex(0), accused: &[] });
}

/// Hostile row 24.
#[test]
fn each_block_of_a_failed_piece_is_fetched_from_another_peer() {
    let mut bench = Bench::new(64 * 1024, 4);
    (1..=3).for_each(|key| bench.seeder(key));
    bench.open(1, 0..64 * 1024);
    fail(&mut bench);
    let who = bench.picker.contributors(PieceIndex(0));
    assert!(who.iter().all(|c| c.now.is_none() && c.failed.is_some()));
    let asked: usize = (1..=3).map(|key| bench.owed(key).len()).sum();
    assert_eq!(asked, 4);
    for c in who {
        let before = c.failed.unwrap();
        assert!(!bench.owed(before.0).contains(&c.block), "{:?} of {before:?} again", c.block);
    }
}

/// Hostile row 24.
#[test]
fn a_piece_that_fails_again_and_again_is_fetched_from_one_peer_alone() {
    let mut bench = Bench::new(64 * 1024, 4);
    (1..=3).for_each(|key| bench.seeder(key));
    bench.open(1, 0..64 * 1024);
    (0..3).for_each(|_| fail(&mut bench));
    assert_eq!((1..=3).filter(|key| !bench.owed(*key).is_empty()).count(), 1);
}

#[test]
fn the_tail_is_asked_twice_and_the_loser_cancelled() {
    let mut bench = Bench::new(256 * 1024, 1);
    bench.seeder(1);
    bench.background(0..1);
    while bench.owed(1).len() > 1 || bench.picker.active_pieces()[0].requested > 1 {
        bench.warm(1);
    }
    bench.seeder(2);
    bench.tick_after(300);
    let both: Vec<_> = bench.owed(2).into_iter().filter(|b| bench.owed(1).contains(b)).collect();
    assert!(!both.is_empty(), "{:?} {:?}", bench.owed(1), bench.owed(2));
    let actions = bench.bring(2, &both[..1]);
    assert_eq!(cancelled(&actions, 1), both[..1]);
}

#[test]
fn what_a_slow_peer_would_bring_last_moves_to_an_idle_one() {
    let mut bench = Bench::new(256 * 1024, 1);
    bench.seeder(1);
    bench.background(0..1);
    bench.warm(3);
    let last = *bench.owed(1).last().unwrap();
    bench.seeder(2);
    for _ in 0..10 {
        bench.tick_after(100);
        if let Some(block) = bench.owed(2).first().copied() {
            bench.bring(2, &[block]);
        }
    }
    assert!(!bench.owed(1).contains(&last), "{:?}", bench.owed(1));
}

#[test]
fn one_fast_peer_is_kept_busy_to_its_full_depth() {
    let mut bench = Bench::new(MIB, 200);
    bench.send(Event::Window { ahead: 64 * MIB });
    bench.join(1, true, 250);
    bench.has(1, wire::Bitfield::all(200));
    bench.unchoke(1);
    bench.open(1, 0..200 * MIB);
    for _ in 0..200 {
        bench.now += Duration::from_micros(400);
        let some: Vec<_> = bench.owed(1).into_iter().take(8).collect();
        bench.bring(1, &some);
    }
    assert_eq!(bench.owed(1).len(), 250);
    assert!(bench.picker.active_pieces().len() <= 6, "{:?}", bench.picker.active_pieces());
}

/// 200 blocks that had been taken back of aria2 were expected of it for half a minute, and before them
/// nothing else, though it answered what it was asked for later.
#[test]
fn what_was_taken_back_is_not_expected_after_the_answer_to_a_later_request() {
    let mut bench = Bench::new(MIB / 32, 6400);
    bench.seeder(1);
    bench.open(1, 0..200 * MIB);
    bench.warm(30);
    for place in (20..180).step_by(2) {
        bench.go(1, place * MIB);
    }
    let expected = |bench: &Bench| {
        let piece = bench.owed(1)[0].piece;
        bench.picker.eta(piece, bench.now).unwrap()
    };
    assert!(expected(&bench) > Duration::from_secs(1), "{:?}", expected(&bench));
    bench.warm(1);
    assert!(expected(&bench) < Duration::from_secs(1), "{:?}", expected(&bench));
}

/// In a stream from four clients one block was asked of a peer that answered everything but that, and
/// the reader stood on it for twelve seconds: it was expected next all the time.
#[test]
fn a_request_that_is_passed_over_is_asked_of_another() {
    let mut bench = Bench::new(MIB, 40);
    bench.seeder(1);
    bench.open(1, 0..40 * MIB);
    bench.warm(30);
    bench.seeder(2);
    let lost = bench.owed(1)[0];
    let deadline = bench.now + Duration::from_secs(2);
    let here = |bench: &Bench| {
        let blocks = bench.here.get(&lost.piece);
        bench.verified.contains(&lost.piece) || blocks.is_some_and(|b| b.contains(&lost.index))
    };
    while bench.now < deadline && !here(&bench) {
        bench.now += Duration::from_millis(10);
        for key in [1, 2] {
            let next = bench.owed(key).into_iter().find(|block| key == 2 || *block != lost);
            next.iter().for_each(|block| drop(bench.bring(key, &[*block])));
        }
        bench.send(Event::Tick);
    }
    assert!(bench.now < deadline, "{lost:?} is still asked of the peer that lost it");
}

/// A peer that gave 20 blocks at once and then nothing for five seconds came back, and was asked for
/// 250 blocks of all that a reader would come to.
#[test]
fn who_was_snubbed_is_held_for_slow_when_it_is_back() {
    let mut bench = Bench::new(MIB, 40);
    bench.seeder(1);
    bench.seeder(2);
    bench.open(1, 0..40 * MIB);
    bench.warm(30);
    let snubbed = |bench: &Bench| bench.picker.peers(bench.now)[0].snubbed;
    let rate = |bench: &Bench| bench.picker.peers(bench.now)[0].rate.unwrap();
    while !snubbed(&bench) || bench.owed(1).is_empty() {
        bench.now += Duration::from_millis(10);
        if let Some(block) = bench.owed(2).first().copied() {
            bench.bring(2, &[block]);
        }
        bench.send(Event::Tick);
    }
    assert!(rate(&bench) > MIB / 4);
    let probe = bench.owed(1)[0];
    bench.bring(1, &[probe]);
    assert!(!snubbed(&bench) && rate(&bench) < MIB / 4);
}
