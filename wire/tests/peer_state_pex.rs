//! PEX on a connection (BEP 11, BEP 27), and HOSTILE 32.

#![allow(clippy::unwrap_used, dead_code)]

#[path = "support/peer.rs"]
mod peer;

use peer::{Peer, extended};
use wire::{
    Action, CloseReason, Event, ExtensionHandshake, Message, PexFlags, PexMessage, PexPeer,
};

fn peers() -> PexMessage {
    let peer = PexPeer { address: "1.2.3.4:5".parse().unwrap(), flags: PexFlags::default() };
    PexMessage { added: vec![peer], dropped: vec![peer.address] }
}

/// What the peer sends; 2 is our id of `ut_pex`.
fn pex() -> Message {
    extended(2, peers().encode())
}

#[test]
fn it_is_sent_where_both_speak_it() {
    let mut peer = Peer::new(false);
    peer.does(Event::Introduce(&ExtensionHandshake::ours()));
    assert_eq!(peer.does(Event::Pex(&peers())), []);
    let mut peer = Peer::new(false).introduced(None);
    let sent = [Action::Send(extended(12, peers().encode()))];
    assert_eq!(peer.does(Event::Pex(&peers())), sent);
}

#[test]
fn row_32_for_a_private_torrent_it_is_neither_sent_nor_heard() {
    let mut peer = Peer::new(false).introduced(None);
    let private = ExtensionHandshake { ut_pex: None, ..ExtensionHandshake::ours() };
    peer.does(Event::Introduce(&private));
    assert_eq!(peer.does(Event::Pex(&peers())), []);
    assert_eq!(peer.hears(&[pex()]), []);
}

#[test]
fn row_32_after_two_messages_one_a_minute_is_heard() {
    let mut peer = Peer::new(false).introduced(None);
    let heard = [Action::Peers(peers())];
    assert_eq!(peer.hears(&[pex(), pex(), pex()]), [Action::Peers(peers()), heard[0].clone()]);
    peer.passes(54);
    assert_eq!(peer.hears(&[pex()]), []);
    peer.passes(6);
    assert_eq!(peer.hears(&[pex(), pex()]), heard);
    peer.passes(60);
    assert_eq!(peer.hears(&[pex(), pex()]), heard);
}

#[test]
fn row_32_the_slack_of_a_few_seconds_does_not_add_up() {
    let mut peer = Peer::new(false).introduced(None);
    peer.hears(&[pex(), pex()]);
    let mut heard = 0;
    for _ in 0..60 {
        peer.passes(10);
        heard += peer.hears(&[pex()]).len();
    }
    assert_eq!(heard, 10);
}

#[test]
fn row_32_a_flood_of_it_closes() {
    let mut peer = Peer::new(false).introduced(None);
    let actions = peer.hears(&vec![pex(); 6000]);
    assert_eq!(actions.last(), Some(&Action::Close(CloseReason::Flood)));
}

#[test]
fn what_can_not_be_read_is_ignored() {
    let mut peer = Peer::new(false).introduced(None);
    assert_eq!(peer.hears(&[extended(2, "junk"), extended(2, "d5:added1:xe")]), []);
}
