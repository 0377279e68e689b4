//! Metadata asked for and served on a connection (BEP 9, 10), and HOSTILE 29, 30.

#![allow(clippy::unwrap_used, dead_code)]

#[path = "support/peer.rs"]
mod peer;

use bytes::Bytes;
use peer::{Peer, extended};
use wire::peer_state::MAX_HANDSHAKES;
use wire::{Action, CloseReason, Event, ExtensionHandshake, Message, MetadataMessage};

/// What the peer sends us; 1 is our id of `ut_metadata`.
fn says(message: MetadataMessage) -> Message {
    extended(1, message.encode())
}

/// What we send the peer; 11 is its id.
fn told(message: MetadataMessage) -> Action {
    Action::Send(extended(11, message.encode()))
}

fn data(piece: u32) -> MetadataMessage {
    MetadataMessage::Data { piece, total_size: 40_000, data: Bytes::from_static(b"abc") }
}

#[test]
fn without_bep_10_nothing_is_introduced() {
    let config = wire::PeerConfig {
        geometry: None,
        fast: false,
        extended: false,
        now: std::time::Instant::now(),
    };
    let mut state = wire::PeerState::new(config);
    let mut out = Vec::new();
    state.handle(config.now, Event::Introduce(&ExtensionHandshake::ours()), &mut out);
    let handshake = extended(0, ExtensionHandshake::ours().encode());
    state.handle(config.now, Event::Message(handshake), &mut out);
    assert_eq!(out, []);
    assert_eq!(state.introduced(), None);
}

#[test]
fn our_handshake_announces_our_ids_and_queue() {
    let ours = ExtensionHandshake::ours();
    assert_eq!((ours.ut_metadata, ours.ut_pex, ours.lt_donthave), (Some(1), Some(2), Some(3)));
    assert_eq!(ours.reqq, Some(250));
}

#[test]
fn a_later_handshake_adds_to_the_first() {
    let mut peer = Peer::new(false).introduced(None);
    let later = Bytes::from_static(b"d1:md6:ut_pexi0ee13:metadata_sizei9ee");
    let actions = peer.hears(&[extended(0, later)]);
    let expected = ExtensionHandshake {
        ut_metadata: Some(11),
        lt_donthave: Some(13),
        metadata_size: Some(9),
        ..Default::default()
    };
    assert_eq!(actions, [Action::Introduced(expected.clone())]);
    assert_eq!(peer.state.introduced(), Some(&expected));
}

#[test]
fn a_piece_asked_for_is_passed_on_once() {
    let mut peer = Peer::without_metadata(true).introduced(None);
    let asked = [told(MetadataMessage::Request(2))];
    assert_eq!(peer.does(Event::RequestMetadata(2)), asked);
    let (total_size, data_) = (40_000, Bytes::from_static(b"abc"));
    let piece = Action::MetadataPiece { piece: 2, total_size, data: data_ };
    assert_eq!(peer.hears(&[says(data(2)), says(data(2))]), [piece]);
}

#[test]
fn a_rejection_is_passed_on_where_we_asked() {
    let mut peer = Peer::without_metadata(true).introduced(None);
    assert_eq!(peer.hears(&[says(MetadataMessage::Reject(2))]), []);
    peer.does(Event::RequestMetadata(2));
    let rejected = [Action::MetadataRejected(2)];
    assert_eq!(peer.hears(&[says(MetadataMessage::Reject(2))]), rejected);
}

#[test]
fn a_peer_that_does_not_speak_it_has_rejected_it() {
    let mut peer = Peer::without_metadata(true);
    assert_eq!(peer.does(Event::RequestMetadata(0)), [Action::MetadataRejected(0)]);
}

#[test]
fn a_request_is_answered_once_we_announced_the_metadata() {
    let request = || says(MetadataMessage::Request(1));
    let mut peer = Peer::new(true).introduced(None);
    assert_eq!(peer.hears(&[request()]), [told(MetadataMessage::Reject(1))]);
    let ours = ExtensionHandshake { metadata_size: Some(40_000), ..ExtensionHandshake::ours() };
    peer.does(Event::Introduce(&ours));
    assert_eq!(peer.hears(&[request()]), [Action::MetadataRequested(1)]);
    let MetadataMessage::Data { piece, total_size, data: bytes } = data(1) else { unreachable!() };
    let answer = Event::Metadata { piece, total_size, data: bytes };
    assert_eq!(peer.does(answer), [told(data(1))]);
    assert_eq!(peer.does(Event::RejectMetadata(1)), [told(MetadataMessage::Reject(1))]);
    let beyond = says(MetadataMessage::Request(3));
    assert_eq!(peer.hears(&[beyond]), [told(MetadataMessage::Reject(3))]);
}

#[test]
fn row_30_twice_the_metadata_and_8_pieces_are_served_and_no_more() {
    let mut peer = Peer::new(true).introduced(Some(3 * 16384));
    let requests: Vec<_> = (0..20).map(|n| says(MetadataMessage::Request(n % 3))).collect();
    let actions = peer.hears(&requests);
    let served = actions.iter().filter(|a| matches!(a, Action::MetadataRequested(_))).count();
    assert_eq!(served, 2 * 3 + 8);
    let rejected = |n: u32| told(MetadataMessage::Reject(n % 3));
    assert_eq!(actions[served..], (14..20).map(rejected).collect::<Vec<_>>());
}

#[test]
fn row_30_metadata_nobody_asked_for_is_ignored_and_floods() {
    let mut peer = Peer::without_metadata(true).introduced(None);
    assert_eq!(peer.hears(&vec![says(data(0)); 6000]), [Action::Close(CloseReason::Flood)]);
}

#[test]
fn metadata_asked_for_is_no_flood() {
    let mut peer = Peer::without_metadata(true).introduced(None);
    for n in 0..6000 {
        peer.does(Event::RequestMetadata(n % 2048));
        let actions = peer.hears(&[says(data(n % 2048))]);
        assert!(matches!(actions[..], [Action::MetadataPiece { .. }]), "{n}: {actions:?}");
    }
}

#[test]
fn row_29_a_handshake_too_long_or_unreadable_closes() {
    let long = [b"d1:v70000:".to_vec(), vec![b'a'; 70_000], b"e".to_vec()].concat();
    for payload in [long, b"le".to_vec(), b"".to_vec()] {
        let mut peer = Peer::new(false);
        let actions = peer.hears(&[extended(0, payload)]);
        assert_eq!(actions, [Action::Close(CloseReason::ExtendedHandshake)]);
    }
}

#[test]
fn row_29_more_than_ten_repeated_handshakes_close() {
    let mut peer = Peer::new(false);
    let handshake = extended(0, Bytes::from_static(b"de"));
    let actions = peer.hears(&vec![handshake; MAX_HANDSHAKES as usize + 1]);
    assert_eq!(actions.len(), MAX_HANDSHAKES as usize + 1);
    assert_eq!(actions.last(), Some(&Action::Close(CloseReason::Flood)));
}

#[test]
fn an_extension_we_did_not_announce_is_not_listened_to() {
    let mut peer = Peer::new(true);
    assert_eq!(peer.hears(&[says(MetadataMessage::Request(0)), extended(99, "x")]), []);
    assert_eq!(peer.hears(&vec![extended(99, "x"); 6000]), [Action::Close(CloseReason::Flood)]);
}
