//! A connection of a torrent whose metadata is not here yet (BEP 9).

#![allow(clippy::unwrap_used, dead_code)]

#[path = "support/peer.rs"]
mod peer;

use peer::{PIECES, Peer, answer, block, extended, geometry, request};
use wire::extension::dont_have;
use wire::peer_state::MAX_EARLY;
use wire::{Action, Bitfield, CloseReason, Event, Message, PieceIndex};

fn known(peer: &mut Peer) -> Vec<Action> {
    peer.does(Event::Geometry(geometry()))
}

#[test]
fn what_the_peer_has_comes_out_when_the_metadata_does() {
    let mut some = Bitfield::none(PIECES);
    some.set(PieceIndex(2));
    let bits = Message::Bitfield(some.as_wire().to_vec().into());
    for (first, action) in [
        (Message::HaveAll, Action::PeerHasAll),
        (Message::HaveNone, Action::PeerHasNone),
        (bits, Action::PeerBitfield(some)),
    ] {
        let mut peer = Peer::without_metadata(true);
        assert_eq!(peer.hears(&[first]), []);
        assert_eq!(known(&mut peer), [action]);
    }
}

#[test]
fn haves_losses_and_grants_come_out_in_order() {
    let mut peer = Peer::without_metadata(true).introduced(None);
    let (one, two) = (PieceIndex(1), PieceIndex(2));
    let lost = extended(3, dont_have::encode(one));
    let said = [Message::Have(one), Message::Have(two), lost, Message::AllowedFast(two)];
    assert_eq!(peer.hears(&said), []);
    assert_eq!(
        known(&mut peer),
        [
            Action::PeerHas(one),
            Action::PeerHas(two),
            Action::PeerLost(one),
            Action::AllowedFast(two)
        ]
    );
    let asked = block(2, 0);
    assert_eq!(peer.does(Event::Request(&[asked])).len(), 1);
    assert_eq!(peer.hears(&[answer(asked)]), [Action::BlockAccepted(asked)]);
    assert_eq!(known(&mut peer), []);
}

#[test]
fn row_19_and_20_what_is_wrong_closes_once_it_can_be_told() {
    for (message, reason) in [
        (Message::Bitfield(vec![0; 2].into()), CloseReason::Bitfield),
        (Message::Have(PieceIndex(PIECES)), CloseReason::PieceIndex),
        (Message::AllowedFast(PieceIndex(PIECES)), CloseReason::PieceIndex),
    ] {
        let mut peer = Peer::without_metadata(true);
        assert_eq!(peer.hears(&[message]), []);
        assert_eq!(known(&mut peer), [Action::Close(reason)]);
    }
}

#[test]
fn row_19_a_second_or_late_bitfield_closes_at_once() {
    let mut peer = Peer::without_metadata(true);
    let closed = [Action::Close(CloseReason::BitfieldOutOfTurn)];
    assert_eq!(peer.hears(&[Message::HaveAll, Message::HaveNone]), closed);
    let mut peer = Peer::without_metadata(true);
    peer.hears(&[Message::Unchoke]);
    known(&mut peer);
    assert_eq!(peer.hears(&[Message::HaveAll]), closed);
}

#[test]
fn row_28_no_more_than_4096_haves_are_kept() {
    let haves: Vec<_> = (0..=MAX_EARLY as u32).map(|n| Message::Have(PieceIndex(n))).collect();
    let mut peer = Peer::without_metadata(true);
    assert_eq!(peer.hears(&haves[1..]), []);
    assert_eq!(peer.hears(&haves[..1]), [Action::Close(CloseReason::Flood)]);
}

#[test]
fn the_bitfield_of_the_largest_torrent_fits() {
    let mut peer = Peer::without_metadata(false);
    let pieces: u32 = 32 * 1024 * 1024 / 20;
    let bits = Bitfield::all(pieces).as_wire().to_vec();
    assert_eq!(peer.hears(&[Message::Bitfield(bits.into())]), []);
    let geometry = wire::Geometry::new(16384, u64::from(pieces) * 16384).unwrap();
    assert_eq!(peer.does(Event::Geometry(geometry)), [Action::PeerHasAll]);
}

#[test]
fn requests_and_blocks_are_refused() {
    let mut peer = Peer::without_metadata(true);
    peer.does(Event::Choke(false));
    let theirs = request(0, 0, 16384);
    let refusal = Action::Send(Message::RejectRequest(theirs));
    assert_eq!(peer.hears(&[Message::Request(theirs)]), [refusal]);
    let ours = block(0, 0);
    assert_eq!(peer.does(Event::Request(&[ours])), [Action::Rejected(ours)]);
    let dropped = Action::BlockDropped(wire::peer_state::DropReason::Unasked);
    assert_eq!(peer.hears(&[answer(ours)]), [dropped]);
}

#[test]
fn choke_and_interest_work_as_ever() {
    let mut peer = Peer::without_metadata(false);
    let interested = [Action::Send(Message::Interested)];
    assert_eq!(peer.does(Event::Interested(true)), interested);
    let heard = peer.hears(&[Message::Unchoke, Message::Interested]);
    assert_eq!(heard, [Action::PeerChoked(false), Action::PeerInterested(true)]);
}

#[test]
fn we_say_that_we_have_nothing_and_then_go_by_have() {
    for fast in [false, true] {
        let mut peer = Peer::without_metadata(fast);
        let none: Vec<_> = fast.then_some(Action::Send(Message::HaveNone)).into_iter().collect();
        assert_eq!(peer.does(Event::OurBitfield(&Bitfield::none(0))), none);
        assert_eq!(peer.does(Event::Have(PieceIndex(0))), []);
        known(&mut peer);
        let have = |n| Action::Send(Message::Have(PieceIndex(n)));
        assert_eq!(peer.does(Event::Have(PieceIndex(0))), [have(0)]);
        let mut ours = Bitfield::none(PIECES);
        for n in [0, 1, 5] {
            ours.set(PieceIndex(n));
        }
        assert_eq!(peer.does(Event::OurBitfield(&ours)), [have(1), have(5)]);
    }
}
