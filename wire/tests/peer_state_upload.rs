//! Blocks the peer asks for (BEP 3, BEP 6), and HOSTILE 20, 21, 27.

#![allow(clippy::unwrap_used, dead_code)]

#[path = "support/peer.rs"]
mod peer;

use peer::{Peer, request};
use wire::peer_state::MAX_QUEUED_REQUESTS;
use wire::{Action, Bitfield, BlockRequest, CloseReason, Event, Message, PieceIndex};

/// One we serve: not choked, told that we have everything.
fn leech(fast: bool) -> Peer {
    let mut peer = Peer::new(fast);
    peer.does(Event::OurBitfield(&Bitfield::all(peer::PIECES)));
    peer.does(Event::Choke(false));
    assert_eq!(peer.hears(&[Message::Interested]), [Action::PeerInterested(true)]);
    peer
}

fn rejected(request: BlockRequest) -> Action {
    Action::Send(Message::RejectRequest(request))
}

const ONE: BlockRequest = BlockRequest { piece: PieceIndex(0), begin: 0, length: 16384 };

#[test]
fn a_request_is_served_until_served() {
    let mut peer = leech(false);
    let odd = request(3, 100, 40_000);
    assert_eq!(
        peer.hears(&[Message::Request(ONE), Message::Request(odd)]),
        [Action::Serve(ONE), Action::Serve(odd)]
    );
    assert_eq!(peer.hears(&[Message::Request(ONE)]), []);
    assert_eq!(peer.state.queued_uploads(), 2);
    assert_eq!(peer.does(Event::Served(ONE)), []);
    assert_eq!(peer.state.queued_uploads(), 1);
    assert_eq!(peer.hears(&[Message::Request(ONE)]), [Action::Serve(ONE)]);
}

#[test]
fn choking_is_told_once_and_answers_as_agreed() {
    for fast in [false, true] {
        let mut peer = leech(fast);
        assert_eq!(peer.does(Event::Choke(false)), []);
        peer.hears(&[Message::Request(ONE)]);
        let mut expected = vec![Action::Send(Message::Choke), Action::DropServe(ONE)];
        expected.extend(fast.then(|| rejected(ONE)));
        assert_eq!(peer.does(Event::Choke(true)), expected);
        let refusal: Vec<_> = fast.then(|| rejected(ONE)).into_iter().collect();
        assert_eq!(peer.hears(&[Message::Request(ONE)]), refusal);
        assert_eq!(peer.state.queued_uploads(), 0);
        assert_eq!(peer.does(Event::Choke(false)), [Action::Send(Message::Unchoke)]);
    }
}

#[test]
fn a_granted_piece_is_served_through_a_choke() {
    let mut peer = leech(true);
    let granted = [Action::Send(Message::AllowedFast(PieceIndex(2)))];
    assert_eq!(peer.does(Event::AllowFast(PieceIndex(2))), granted);
    assert_eq!(peer.does(Event::AllowFast(PieceIndex(2))), []);
    assert_eq!(peer.does(Event::AllowFast(PieceIndex(99))), []);
    let (kept, ended) = (request(2, 0, 16384), request(3, 0, 16384));
    peer.hears(&[Message::Request(kept), Message::Request(ended)]);
    assert_eq!(
        peer.does(Event::Choke(true)),
        [Action::Send(Message::Choke), Action::DropServe(ended), rejected(ended)]
    );
    let more = request(2, 16384, 16384);
    assert_eq!(peer.hears(&[Message::Request(more)]), [Action::Serve(more)]);
    assert_eq!(peer.state.queued_uploads(), 2);
}

#[test]
fn a_cancel_drops_what_is_queued() {
    for fast in [false, true] {
        let mut peer = leech(fast);
        peer.hears(&[Message::Request(ONE)]);
        let mut expected = vec![Action::DropServe(ONE)];
        expected.extend(fast.then(|| rejected(ONE)));
        let cancel = Message::Cancel(ONE);
        assert_eq!(peer.hears(&[cancel.clone(), cancel]), expected);
    }
}

#[test]
fn what_can_not_be_served_is_rejected() {
    let mut peer = leech(true);
    peer.hears(&[Message::Request(ONE)]);
    assert_eq!(peer.does(Event::CannotServe(ONE)), [rejected(ONE)]);
    assert_eq!(peer.does(Event::CannotServe(ONE)), []);
    let mut without = Peer::new(true);
    without.does(Event::OurBitfield(&Bitfield::none(peer::PIECES)));
    without.does(Event::Choke(false));
    assert_eq!(without.hears(&[Message::Request(ONE)]), [rejected(ONE)]);
    without.does(Event::Have(PieceIndex(0)));
    assert_eq!(without.hears(&[Message::Request(ONE)]), [Action::Serve(ONE)]);
}

#[test]
fn rows_20_and_21_impossible_requests_are_rejected_and_the_second_closes() {
    let impossible = [
        request(peer::PIECES, 0, 16384),
        request(u32::MAX, u32::MAX, u32::MAX),
        request(0, 0, 0),
        request(0, 0, 128 * 1024 + 1),
        request(0, u32::MAX, 16384),
        request(0, 3 * 16384 - 1, 2),
        request(19, 16384, 101),
    ];
    for bad in impossible {
        for fast in [false, true] {
            let mut peer = leech(fast);
            let refusal: Vec<_> = fast.then(|| rejected(bad)).into_iter().collect();
            assert_eq!(peer.hears(&[Message::Request(bad)]), refusal, "{bad:?}");
            let closed = [Action::Close(CloseReason::BadRequests)];
            assert_eq!(peer.hears(&[Message::Request(bad)]), closed);
        }
    }
}

#[test]
fn row_27_no_more_than_250_requests_wait() {
    for fast in [false, true] {
        let mut peer = leech(fast);
        let requests: Vec<_> = (0..300).map(|n| request(0, n, 100)).collect();
        let messages: Vec<_> = requests.iter().map(|r| Message::Request(*r)).collect();
        let actions = peer.hears(&messages);
        let served = actions.iter().filter(|a| matches!(a, Action::Serve(_))).count();
        assert_eq!(served, MAX_QUEUED_REQUESTS);
        assert_eq!(peer.state.queued_uploads(), MAX_QUEUED_REQUESTS);
        let refused = if fast { 50 } else { 0 };
        assert_eq!(actions.len() - served, refused);
    }
}

#[test]
fn row_27_a_cancel_storm_closes() {
    let mut peer = leech(true);
    let storm: Vec<_> =
        (0..6000).flat_map(|_| [Message::Request(ONE), Message::Cancel(ONE)]).collect();
    assert_eq!(peer.hears(&storm).last(), Some(&Action::Close(CloseReason::Flood)));
}
