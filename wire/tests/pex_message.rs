//! PEX messages (BEP 11), and HOSTILE 32.

#![allow(clippy::unwrap_used, dead_code)]

mod support;

use std::net::SocketAddr;

use support::{d, s};
use wire::extension::MAX_PEX_PEERS;
use wire::{PexFlags, PexMessage, PexPeer, WireError};

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// `n` IPv4 peers, compact.
fn crowd(n: u16) -> Vec<u8> {
    (0..n).flat_map(|n| [[1, 2], n.to_be_bytes(), 6881u16.to_be_bytes()].concat()).collect()
}

#[test]
fn both_families_with_their_flags_come_back() {
    let seed = PexFlags { seed: true, reachable: true, ..Default::default() };
    let message = PexMessage {
        added: vec![
            PexPeer { address: address("1.2.3.4:5"), flags: seed },
            PexPeer { address: address("1.2.3.5:6"), flags: PexFlags::default() },
            PexPeer { address: address("[2001:db8::1]:7"), flags: PexFlags::from_byte(0x1d) },
        ],
        dropped: vec![address("9.8.7.6:5"), address("[2001:db8::2]:9")],
    };
    assert_eq!(PexMessage::parse(&message.encode()), Ok(message));
}

#[test]
fn flags_are_the_bits_of_bep_11() {
    let all = [
        PexFlags { prefers_encryption: true, ..Default::default() },
        PexFlags { seed: true, ..Default::default() },
        PexFlags { utp: true, ..Default::default() },
        PexFlags { holepunch: true, ..Default::default() },
        PexFlags { reachable: true, ..Default::default() },
    ];
    assert_eq!(all.map(PexFlags::to_byte), [0x01, 0x02, 0x04, 0x08, 0x10]);
    assert_eq!(PexFlags::from_byte(0xff).to_byte(), 0x1f);
}

#[test]
fn flags_may_be_missing() {
    let message = PexMessage::parse(&d(&[("added", s([1, 2, 3, 4, 0, 5]))])).unwrap();
    let expected = PexPeer { address: address("1.2.3.4:5"), flags: PexFlags::default() };
    assert_eq!(message.added, [expected]);
}

#[test]
fn row_32_of_10_000_peers_50_are_kept() {
    let payload = d(&[("added", s(crowd(10_000))), ("dropped", s(crowd(10_000)))]);
    let message = PexMessage::parse(&payload).unwrap();
    assert_eq!((message.added.len(), message.dropped.len()), (MAX_PEX_PEERS, MAX_PEX_PEERS));
    let v6 = [[0x20; 16].as_slice(), &[0, 1]].concat();
    let payload = d(&[("added", s(crowd(49))), ("added6", s([v6.clone(), v6].concat()))]);
    assert_eq!(PexMessage::parse(&payload).unwrap().added.len(), MAX_PEX_PEERS);
}

#[test]
fn row_32_no_more_than_50_are_sent() {
    let peer = PexPeer { address: address("1.2.3.4:5"), flags: PexFlags::default() };
    let message = PexMessage { added: vec![peer; 51], dropped: vec![peer.address; 51] };
    let heard = PexMessage::parse(&message.encode()).unwrap();
    assert_eq!((heard.added.len(), heard.dropped.len()), (MAX_PEX_PEERS, MAX_PEX_PEERS));
}

#[test]
fn port_0_is_left_out_and_leaves_the_flags_in_place() {
    let added = s([1, 1, 1, 1, 0, 0, 2, 2, 2, 2, 0, 9]);
    let payload =
        d(&[("added", added), ("added.f", s([1, 2])), ("dropped", s([1, 1, 1, 1, 0, 0]))]);
    let seed = PexFlags { seed: true, ..Default::default() };
    let expected = PexMessage {
        added: vec![PexPeer { address: address("2.2.2.2:9"), flags: seed }],
        dropped: Vec::new(),
    };
    assert_eq!(PexMessage::parse(&payload), Ok(expected));
}

#[test]
fn a_list_of_odd_length_is_refused() {
    for key in ["added", "added6", "dropped", "dropped6"] {
        let message = PexMessage::parse(&d(&[(key, s([1; 7]))]));
        assert_eq!(message, Err(WireError::CompactLength(7)), "{key}");
    }
}

#[test]
fn what_says_nothing_is_empty() {
    let message = PexMessage::parse(b"de").unwrap();
    assert!(message.is_empty());
    assert_eq!(&message.encode()[..], b"de");
}
