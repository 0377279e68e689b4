//! What the peer has (BEP 3, BEP 6), and HOSTILE 19, 20.

#![allow(clippy::unwrap_used, dead_code)]

#[path = "support/peer.rs"]
mod peer;

use bytes::Bytes;
use peer::{PIECES, Peer, request};
use wire::{Action, Bitfield, CloseReason, Event, Message, PieceIndex};

fn bitfield(bytes: &[u8]) -> Message {
    Message::Bitfield(Bytes::copy_from_slice(bytes))
}

const SOME: [u8; 3] = [0b1000_0000, 0, 0b0001_0000];

fn closed(reason: CloseReason) -> Vec<Action> {
    vec![Action::Close(reason)]
}

#[test]
fn a_bitfield_then_haves() {
    let mut peer = Peer::new(false);
    let some = Bitfield::from_wire(&SOME, PIECES).unwrap();
    assert_eq!(
        peer.hears(&[bitfield(&SOME), Message::Have(PieceIndex(1)), Message::Have(PieceIndex(1))]),
        [Action::PeerBitfield(some), Action::PeerHas(PieceIndex(1))]
    );
    assert_eq!(peer.state.theirs().count(), 3);
}

#[test]
fn a_peer_that_says_nothing_has_nothing() {
    let mut peer = Peer::new(false);
    assert_eq!(peer.hears(&[Message::Unchoke]), [Action::PeerChoked(false)]);
    assert!(peer.state.theirs().is_none());
    assert_eq!(
        peer.does(Event::Request(&[peer::block(0, 0)])),
        [Action::Rejected(peer::block(0, 0))]
    );
}

#[test]
fn have_all_and_have_none_where_agreed() {
    assert_eq!(Peer::new(true).hears(&[Message::HaveAll]), [Action::PeerHasAll]);
    assert_eq!(Peer::new(true).hears(&[Message::HaveNone]), [Action::PeerHasNone]);
    for message in [
        Message::HaveAll,
        Message::HaveNone,
        Message::SuggestPiece(PieceIndex(0)),
        Message::AllowedFast(PieceIndex(0)),
        Message::RejectRequest(request(0, 0, 16384)),
    ] {
        assert_eq!(Peer::new(false).hears(&[message]), closed(CloseReason::FastNotNegotiated));
    }
}

#[test]
fn an_extended_handshake_port_or_keep_alive_may_come_first() {
    let mut peer = Peer::new(false);
    let extended = Message::Extended { id: 0, payload: Bytes::from_static(b"de") };
    let first = [Message::KeepAlive, extended, Message::Port(7), bitfield(&SOME)];
    let actions = peer.hears(&first);
    assert_eq!(actions[0], Action::Introduced(Default::default()));
    assert_eq!(actions[1], Action::DhtPort(7));
    assert!(matches!(actions[2], Action::PeerBitfield(_)));
}

#[test]
fn row_19_a_bitfield_of_wrong_length_or_with_spare_bits_closes() {
    for bytes in [&[0u8; 2][..], &[0; 1], &[0, 0, 0b0000_1000], &[0, 0, 1]] {
        let mut peer = Peer::new(false);
        assert_eq!(peer.hears(&[bitfield(bytes)]), closed(CloseReason::Bitfield));
    }
}

#[test]
fn row_19_a_second_or_late_bitfield_closes() {
    for first in [bitfield(&SOME), Message::HaveAll, Message::HaveNone] {
        for second in [bitfield(&SOME), Message::HaveAll, Message::HaveNone] {
            let actions = Peer::new(true).hears(&[first.clone(), second]);
            assert_eq!(actions[1..], closed(CloseReason::BitfieldOutOfTurn));
        }
    }
    for first in [Message::Have(PieceIndex(0)), Message::Unchoke, Message::NotInterested] {
        let actions = Peer::new(false).hears(&[first, bitfield(&SOME)]);
        assert_eq!(actions.last(), Some(&Action::Close(CloseReason::BitfieldOutOfTurn)));
    }
}

#[test]
fn row_19_a_later_bitfield_in_place_of_haves_may_only_add() {
    let opening = [Message::HaveNone, Message::Interested, bitfield(&SOME)];
    let mut peer = Peer::new(true);
    let actions = peer.hears(&opening);
    let pieces = Bitfield::from_wire(&SOME, PIECES).unwrap();
    let has: Vec<_> = pieces.iter().map(Action::PeerHas).collect();
    assert!(has.len() > 1 && actions.ends_with(&has), "{actions:?}");
    let nothing_new = closed(CloseReason::BitfieldOutOfTurn);
    assert_eq!(peer.hears(&[bitfield(&SOME)]), nothing_new);
    let mut peer = Peer::new(true);
    peer.hears(&opening);
    assert_eq!(peer.hears(&[bitfield(&[0; 3])]), nothing_new, "pieces are not taken back");
    peer = Peer::new(true);
    peer.hears(&opening);
    assert_eq!(peer.hears(&[bitfield(&[0; 2])]), closed(CloseReason::Bitfield));
}

#[test]
fn row_20_have_and_suggest_past_the_end_close() {
    for index in [PIECES, u32::MAX] {
        for message in [
            Message::Have(PieceIndex(index)),
            Message::SuggestPiece(PieceIndex(index)),
            Message::AllowedFast(PieceIndex(index)),
        ] {
            assert_eq!(Peer::new(true).hears(&[message]), closed(CloseReason::PieceIndex));
        }
    }
    let last = Message::Have(PieceIndex(PIECES - 1));
    assert_eq!(Peer::new(true).hears(&[last]), [Action::PeerHas(PieceIndex(PIECES - 1))]);
}

#[test]
fn after_a_close_nothing_follows() {
    let mut peer = Peer::new(false);
    peer.hears(&[bitfield(&[0])]);
    assert_eq!(peer.hears(&[Message::Unchoke, bitfield(&[0])]), []);
    assert_eq!(peer.does(Event::Interested(true)), []);
    assert_eq!(peer.passes(1000), []);
}

#[test]
fn our_bitfield_takes_the_shortest_form_agreed() {
    let some = Bitfield::from_wire(&SOME, PIECES).unwrap();
    let (all, none) = (Bitfield::all(PIECES), Bitfield::none(PIECES));
    let sent = |fast, ours| Peer::new(fast).does(Event::OurBitfield(ours));
    assert_eq!(sent(true, &all), [Action::Send(Message::HaveAll)]);
    assert_eq!(sent(true, &none), [Action::Send(Message::HaveNone)]);
    assert_eq!(sent(true, &some), [Action::Send(bitfield(&SOME))]);
    assert_eq!(sent(false, &some), [Action::Send(bitfield(&SOME))]);
    assert_eq!(sent(false, &all), [Action::Send(bitfield(&[0xff, 0xff, 0xf0]))]);
    assert_eq!(sent(false, &none), []);
}

#[test]
fn our_haves_are_sent_once() {
    let mut peer = Peer::new(false);
    let sent = [Action::Send(Message::Have(PieceIndex(3)))];
    assert_eq!(peer.does(Event::Have(PieceIndex(3))), sent);
    assert_eq!(peer.does(Event::Have(PieceIndex(3))), []);
}
