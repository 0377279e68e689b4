//! Compact peer lists (BEP 23, BEP 7) both ways.

use std::net::SocketAddr;

use proptest::prelude::*;
use wire::WireError;
use wire::compact::{CompactPeers, parse_v4, parse_v6};

#[test]
fn bytes_are_in_network_order() {
    let peers: CompactPeers = ["1.2.3.4:258", "[::2]:3", "[::ffff:5.6.7.8]:9"]
        .map(|p| p.parse().unwrap())
        .into_iter()
        .collect();
    assert_eq!(peers.v4, [1, 2, 3, 4, 1, 2, 5, 6, 7, 8, 0, 9]);
    assert_eq!(peers.v6, [&[0; 15][..], &[2, 0, 3]].concat());
}

#[test]
fn row_39_port_0_and_multicast_are_parsed_for_the_policy_to_filter() {
    let peers: Vec<_> = parse_v4(&[224, 0, 0, 1, 0, 0]).unwrap().collect();
    assert_eq!(peers, ["224.0.0.1:0".parse::<SocketAddr>().unwrap()]);
}

#[test]
fn cut_lists_are_refused() {
    assert_eq!(parse_v4(&[0; 7]).err(), Some(WireError::CompactLength(7)));
    assert_eq!(parse_v6(&[0; 17]).err(), Some(WireError::CompactLength(17)));
    assert_eq!(parse_v4(&[]).unwrap().len() + parse_v6(&[]).unwrap().len(), 0);
}

proptest! {
    #[test]
    fn what_is_parsed_is_written_again(
        v4 in prop::collection::vec(any::<[u8; 6]>(), 0..30),
        v6 in prop::collection::vec(any::<(u8, [u8; 17])>(), 0..30),
    ) {
        // No mapped address among them: those are written as IPv4.
        let v6: Vec<u8> = v6.iter().flat_map(|(_, tail)| [&[0x20], &tail[..]].concat()).collect();
        let v4 = v4.concat();
        let peers: CompactPeers = parse_v4(&v4).unwrap().chain(parse_v6(&v6).unwrap()).collect();
        prop_assert_eq!(peers, CompactPeers { v4, v6 });
    }
}
