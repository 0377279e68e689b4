//! Keep-alives, silence and floods: HOSTILE 28.

#![allow(clippy::unwrap_used, dead_code)]

#[path = "support/peer.rs"]
mod peer;

use peer::{PIECES, Peer, answer, block};
use wire::{Action, CloseReason, Event, Message, PieceIndex};

const KEEP_ALIVE: Action = Action::Send(Message::KeepAlive);

#[test]
fn a_keep_alive_goes_out_after_100_idle_seconds() {
    let mut peer = Peer::new(false);
    assert_eq!(peer.passes(99), []);
    assert_eq!(peer.passes(1), [KEEP_ALIVE]);
    peer.hears(&[Message::KeepAlive]);
    assert_eq!(peer.passes(99), []);
    peer.does(Event::Interested(true));
    assert_eq!(peer.passes(1), []);
    peer.hears(&[Message::KeepAlive]);
    assert_eq!(peer.passes(98), []);
    assert_eq!(peer.passes(1), [KEEP_ALIVE]);
}

#[test]
fn a_peer_silent_for_150_seconds_is_closed() {
    let mut peer = Peer::new(false);
    peer.passes(100);
    peer.hears(&[Message::KeepAlive]);
    assert_eq!(peer.passes(149), [KEEP_ALIVE]);
    assert_eq!(peer.passes(1), [Action::Close(CloseReason::Silent)]);
}

#[test]
fn row_28_floods_close() {
    let floods: [&[Message]; 6] = [
        &[Message::KeepAlive],
        &[Message::Choke, Message::Unchoke],
        &[Message::Interested, Message::NotInterested],
        &[Message::Have(PieceIndex(1))],
        &[Message::Unknown(77)],
        &[Message::Extended { id: 3, payload: bytes::Bytes::new() }],
    ];
    for flood in floods {
        let mut peer = Peer::new(false);
        let actions = peer.hears(&vec![flood; 6000].concat());
        assert_eq!(actions.last(), Some(&Action::Close(CloseReason::Flood)), "{flood:?}");
    }
}

#[test]
fn row_28_the_same_at_a_bearable_rate_does_not() {
    let mut peer = Peer::new(false);
    for _ in 0..100 {
        peer.hears(&vec![Message::KeepAlive; 90]);
        assert!(!peer.passes(1).iter().any(|a| matches!(a, Action::Close(_))));
    }
}

#[test]
fn news_and_blocks_asked_for_are_no_flood() {
    let mut peer = Peer::new(false);
    let haves: Vec<_> = (0..PIECES).map(|p| Message::Have(PieceIndex(p))).collect();
    peer.hears(&haves);
    peer.hears(&[Message::Unchoke]);
    for n in 0..5000 {
        let wanted = block(n % 19, 0);
        peer.does(Event::Request(&[wanted]));
        assert_eq!(peer.hears(&[answer(wanted)]), [Action::BlockAccepted(wanted)]);
    }
}
