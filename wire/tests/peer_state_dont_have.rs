//! Pieces that are here no longer (BEP 54), ours and the peer's.

#![allow(clippy::unwrap_used, dead_code)]

#[path = "support/peer.rs"]
mod peer;

use peer::{PIECES, Peer, answer, block, extended, request};
use wire::extension::dont_have;
use wire::{Action, Bitfield, CloseReason, Event, Message, PieceIndex};

fn lost(piece: u32) -> Message {
    extended(3, dont_have::encode(PieceIndex(piece)))
}

#[test]
fn a_piece_of_ours_that_is_lost_is_told_and_its_requests_refused() {
    let mut peer = Peer::new(true).introduced(None);
    peer.does(Event::OurBitfield(&Bitfield::all(PIECES)));
    peer.does(Event::Choke(false));
    let (kept, ended) = (request(1, 0, 16384), request(2, 0, 16384));
    peer.hears(&[Message::Request(kept), Message::Request(ended)]);
    let told = extended(13, dont_have::encode(PieceIndex(2)));
    let refusal = Action::Send(Message::RejectRequest(ended));
    assert_eq!(
        peer.does(Event::Lost(PieceIndex(2))),
        [Action::Send(told), Action::DropServe(ended), refusal.clone()]
    );
    assert_eq!(peer.does(Event::Lost(PieceIndex(2))), []);
    assert_eq!(peer.hears(&[Message::Request(ended)]), [refusal]);
    assert_eq!(peer.state.queued_uploads(), 1);
    let again = [Action::Send(Message::Have(PieceIndex(2)))];
    assert_eq!(peer.does(Event::Have(PieceIndex(2))), again);
}

#[test]
fn a_peer_that_does_not_speak_it_is_not_told() {
    let mut peer = Peer::new(true);
    peer.does(Event::OurBitfield(&Bitfield::all(PIECES)));
    assert_eq!(peer.does(Event::Lost(PieceIndex(2))), []);
}

#[test]
fn a_piece_of_the_peer_that_is_lost_is_asked_for_no_more() {
    let mut peer = Peer::seed(true).introduced(None);
    assert_eq!(peer.hears(&[lost(4), lost(4)]), [Action::PeerLost(PieceIndex(4))]);
    let asked = block(4, 0);
    assert_eq!(peer.does(Event::Request(&[asked])), [Action::Rejected(asked)]);
    let again = Message::Have(PieceIndex(4));
    assert_eq!(peer.hears(&[again]), [Action::PeerHas(PieceIndex(4))]);
}

#[test]
fn without_bep_6_it_ends_the_requests_for_the_piece() {
    for fast in [false, true] {
        let mut peer = Peer::seed(fast).introduced(None);
        let (ended, kept) = (block(4, 0), block(5, 0));
        peer.does(Event::Request(&[ended, kept]));
        let mut expected = vec![Action::PeerLost(PieceIndex(4))];
        expected.extend((!fast).then_some(Action::Rejected(ended)));
        assert_eq!(peer.hears(&[lost(4)]), expected);
        assert_eq!(peer.outstanding().contains(&ended), fast);
        assert!(peer.outstanding().contains(&kept));
        assert_eq!(peer.hears(&[answer(ended)]), [Action::BlockAccepted(ended)]);
    }
}

#[test]
fn row_20_a_piece_there_is_not_closes() {
    let mut peer = Peer::seed(true).introduced(None);
    assert_eq!(peer.hears(&[lost(PIECES)]), [Action::Close(CloseReason::PieceIndex)]);
}

#[test]
fn row_28_having_and_losing_by_turns_floods() {
    let mut peer = Peer::seed(true).introduced(None);
    let storm = vec![[lost(4), Message::Have(PieceIndex(4))]; 6000].concat();
    assert_eq!(peer.hears(&storm).last(), Some(&Action::Close(CloseReason::Flood)));
}
