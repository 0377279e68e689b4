//! Blocks we ask for (BEP 3, BEP 6), and HOSTILE 22, 23.

#![allow(clippy::unwrap_used, dead_code)]

#[path = "support/peer.rs"]
mod peer;

use peer::{Peer, answer, block, piece, request, whole};
use wire::peer_state::{DropReason, MAX_UNASKED};
use wire::{Action, CloseReason, Event, Message, PieceIndex};

const DROPPED: Action = Action::BlockDropped(DropReason::Unasked);

fn asked(block: wire::BlockRef) -> Action {
    Action::Send(Message::Request(whole(block)))
}

#[test]
fn interest_is_told_when_it_changes() {
    let mut peer = Peer::new(false);
    assert_eq!(peer.does(Event::Interested(false)), []);
    assert_eq!(peer.does(Event::Interested(true)), [Action::Send(Message::Interested)]);
    assert_eq!(peer.does(Event::Interested(true)), []);
    assert_eq!(peer.does(Event::Interested(false)), [Action::Send(Message::NotInterested)]);
}

#[test]
fn a_block_asked_for_is_accepted_once() {
    let mut peer = Peer::seed(false);
    let (a, b) = (block(0, 0), block(0, 1));
    assert_eq!(peer.does(Event::Request(&[a, b, a])), [asked(a), asked(b)]);
    assert_eq!(peer.outstanding(), [a, b]);
    assert_eq!(peer.hears(&[answer(b)]), [Action::BlockAccepted(b)]);
    assert_eq!(peer.outstanding(), [a]);
    assert_eq!(peer.hears(&[answer(b), answer(a)]), [DROPPED, Action::BlockAccepted(a)]);
}

#[test]
fn the_last_block_is_short() {
    let mut peer = Peer::seed(false);
    let last = block(19, 1);
    let sent = Action::Send(Message::Request(request(19, 16384, 100)));
    assert_eq!(peer.does(Event::Request(&[last])), [sent]);
    assert_eq!(peer.hears(&[piece(19, 16384, 100)]), [Action::BlockAccepted(last)]);
}

#[test]
fn what_would_not_be_answered_is_not_asked() {
    let mut peer = Peer::seed(false);
    let beyond = [block(20, 0), block(19, 2), block(0, 3)];
    let rejected =
        |blocks: &[wire::BlockRef]| blocks.iter().map(|b| Action::Rejected(*b)).collect::<Vec<_>>();
    assert_eq!(peer.does(Event::Request(&beyond)), rejected(&beyond));
    peer.hears(&[Message::Choke]);
    assert_eq!(peer.does(Event::Request(&[block(0, 0)])), rejected(&[block(0, 0)]));
}

#[test]
fn a_choke_without_fast_frees_every_request() {
    let mut peer = Peer::seed(false);
    let (a, b) = (block(0, 0), block(7, 2));
    peer.does(Event::Request(&[a, b]));
    assert_eq!(
        peer.hears(&[Message::Choke]),
        [Action::PeerChoked(true), Action::Rejected(a), Action::Rejected(b)]
    );
    assert_eq!(peer.outstanding(), []);
}

#[test]
fn row_22_a_choked_request_counts_as_asked_for_30_s() {
    for (seconds, action) in [(29, Action::BlockAccepted(block(0, 0))), (30, DROPPED)] {
        for tick in [true, false] {
            let mut peer = Peer::seed(false);
            peer.does(Event::Request(&[block(0, 0)]));
            peer.hears(&[Message::Choke]);
            peer.now += std::time::Duration::from_secs(seconds);
            if tick {
                peer.does(Event::Tick);
            }
            assert_eq!(peer.hears(&[answer(block(0, 0))]).first(), Some(&action));
        }
    }
}

#[test]
fn row_22_a_cancelled_request_counts_as_asked_for_30_s() {
    for (seconds, action) in [(29, Action::BlockAccepted(block(0, 0))), (30, DROPPED)] {
        let mut peer = Peer::seed(false);
        peer.does(Event::Request(&[block(0, 0), block(0, 1)]));
        assert_eq!(
            peer.does(Event::Cancel(&[block(0, 0), block(5, 0)])),
            [Action::Send(Message::Cancel(whole(block(0, 0))))]
        );
        assert_eq!(peer.outstanding(), [block(0, 1)]);
        peer.passes(seconds);
        assert_eq!(peer.hears(&[answer(block(0, 0)), answer(block(0, 0))]), [action, DROPPED]);
    }
}

#[test]
fn row_22_asked_cancelled_and_asked_again_allows_two_answers() {
    let mut peer = Peer::seed(false);
    let blocks: Vec<_> = (0..17).map(|p| block(p, 0)).collect();
    peer.does(Event::Request(&blocks));
    peer.does(Event::Cancel(&blocks));
    peer.does(Event::Request(&blocks));
    for _ in 0..2 {
        for &b in &blocks {
            assert_eq!(peer.hears(&[answer(b)]), [Action::BlockAccepted(b)]);
        }
    }
    assert_eq!(peer.hears(&[answer(blocks[0])]), [DROPPED]);
}

#[test]
fn row_22_the_tenth_unasked_block_closes() {
    let mut peer = Peer::seed(false);
    peer.does(Event::Request(&[block(0, 0)]));
    for n in 1..MAX_UNASKED {
        let unasked = if n % 2 == 0 { answer(block(1, 0)) } else { piece(1, 5, 16384) };
        assert_eq!(peer.hears(&[unasked]), [DROPPED], "{n}");
    }
    assert_eq!(peer.hears(&[answer(block(0, 0))]), [Action::BlockAccepted(block(0, 0))]);
    assert_eq!(
        peer.hears(&[answer(block(1, 0))]),
        [DROPPED, Action::Close(CloseReason::UnaskedBlocks)]
    );
}

#[test]
fn row_23_a_block_of_wrong_length_closes() {
    for wrong in [piece(0, 0, 16383), piece(0, 0, 16385), piece(0, 0, 0), piece(19, 16384, 16384)] {
        let mut peer = Peer::seed(false);
        peer.does(Event::Request(&[block(0, 0), block(19, 1)]));
        assert_eq!(peer.hears(&[wrong]), [Action::Close(CloseReason::BlockLength)]);
    }
    let mut peer = Peer::seed(false);
    assert_eq!(peer.hears(&[piece(20, 0, 16384)]), [Action::Close(CloseReason::PieceIndex)]);
}

#[test]
fn a_piece_message_with_its_data_is_a_block_too() {
    let mut peer = Peer::seed(false);
    peer.does(Event::Request(&[block(0, 0)]));
    let actions = peer.does(Event::Message(answer(block(0, 0))));
    assert_eq!(actions, [Action::BlockAccepted(block(0, 0))]);
}

#[test]
fn with_fast_requests_outlive_a_choke_until_rejected() {
    let mut peer = Peer::seed(true);
    let (a, b) = (block(0, 0), block(0, 1));
    peer.does(Event::Request(&[a, b]));
    assert_eq!(peer.hears(&[Message::Choke]), [Action::PeerChoked(true)]);
    assert_eq!(peer.outstanding(), [a, b]);
    let reject = Message::RejectRequest(whole(a));
    assert_eq!(
        peer.hears(&[reject.clone(), answer(b)]),
        [Action::Rejected(a), Action::BlockAccepted(b)]
    );
    assert_eq!(peer.hears(&[reject, answer(a)]), [DROPPED]);
}

#[test]
fn a_reject_that_answers_a_cancel_is_told() {
    let mut peer = Peer::seed(true);
    let a = block(0, 0);
    peer.does(Event::Request(&[a]));
    peer.does(Event::Cancel(&[a]));
    assert_eq!(peer.hears(&[Message::RejectRequest(whole(a))]), [Action::Rejected(a)]);
}

#[test]
fn a_reject_of_a_cancelled_request_leaves_its_successor() {
    let mut peer = Peer::seed(true);
    let a = block(0, 0);
    peer.does(Event::Request(&[a]));
    peer.does(Event::Cancel(&[a]));
    peer.does(Event::Request(&[a]));
    assert_eq!(peer.hears(&[Message::RejectRequest(whole(a))]), [Action::Rejected(a)]);
    assert_eq!(peer.outstanding(), [a]);
    assert_eq!(peer.hears(&[Message::RejectRequest(whole(a))]), [Action::Rejected(a)]);
}

#[test]
fn allowed_fast_pieces_are_asked_for_though_choked() {
    let mut peer = Peer::seed(true);
    peer.hears(&[Message::Choke]);
    let allowed = Message::AllowedFast(PieceIndex(4));
    let actions = peer.hears(&[allowed.clone(), allowed]);
    assert_eq!(actions, [Action::AllowedFast(PieceIndex(4))]);
    assert_eq!(
        peer.does(Event::Request(&[block(4, 0), block(5, 0)])),
        [asked(block(4, 0)), Action::Rejected(block(5, 0))]
    );
}
