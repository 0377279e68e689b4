//! Which nodes a new node starts from.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use dht::contacts::{Contacts, MAX_PICKED, MAX_TOLD};
use wire::AddressPolicy;

fn node(number: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(8, 8, (number >> 8) as u8, number as u8), 6881))
}

fn nodes(numbers: std::ops::Range<u16>) -> Vec<SocketAddr> {
    numbers.map(node).collect()
}

#[test]
fn told_and_saved_nodes_are_picked_in_turn() {
    let mut contacts = Contacts::new(AddressPolicy::GLOBAL, &nodes(0..20));
    (100..120).for_each(|number| contacts.told(node(number)));
    let picked: Vec<_> = contacts.pick().into_iter().map(SocketAddr::V4).collect();
    assert_eq!(picked.len(), MAX_PICKED);
    assert_eq!(picked[..4], [node(119), node(0), node(118), node(1)]);
}

#[test]
fn every_node_has_its_turn_before_one_has_a_second() {
    let mut contacts = Contacts::new(AddressPolicy::GLOBAL, &nodes(0..30));
    let picked: Vec<SocketAddrV4> = (0..3).flat_map(|_| contacts.pick()).collect();
    let different: HashSet<_> = picked.iter().collect();
    assert_eq!((picked.len(), different.len()), (30, 30));
    assert!(contacts.has_others());
    assert_eq!(contacts.pick(), picked[..MAX_PICKED]);
}

#[test]
fn few_nodes_are_no_others() {
    let mut contacts = Contacts::new(AddressPolicy::GLOBAL, &nodes(0..3));
    contacts.pick();
    assert!(!contacts.has_others());
    contacts.told(node(2));
    assert!(!contacts.has_others());
    contacts.told(node(3));
    assert!(contacts.has_others());
    assert_eq!(contacts.pick().into_iter().map(SocketAddr::V4).collect::<Vec<_>>(), [node(3)]);
}

#[test]
fn hostile_40_forbidden_nodes_are_not_kept_and_the_rest_is_bounded() {
    let forbidden = ["127.0.0.1:6881", "10.0.0.1:6881", "8.8.8.8:0", "[2001:4860::1]:6881"];
    let forbidden = forbidden.map(|node| node.parse().expect("an address"));
    let mut contacts = Contacts::new(AddressPolicy::GLOBAL, &forbidden);
    forbidden.into_iter().for_each(|node| contacts.told(node));
    assert!(!contacts.has_others() && contacts.saved().is_empty() && contacts.pick().is_empty());

    (0..1000).for_each(|number| contacts.told(node(number)));
    let turns = MAX_TOLD.div_ceil(MAX_PICKED);
    let picked: HashSet<_> = (0..turns).flat_map(|_| contacts.pick()).collect();
    assert_eq!(picked.len(), MAX_TOLD);
    assert!(!picked.iter().any(|picked| SocketAddr::V4(*picked) == node(0)), "the oldest went");
}

#[test]
fn no_live_node_leaves_the_saved_ones() {
    let mut contacts = Contacts::new(AddressPolicy::GLOBAL, &nodes(0..3));
    contacts.save(&[]);
    assert_eq!(contacts.saved(), nodes(0..3));
    contacts.save(&nodes(5..6));
    assert_eq!(contacts.saved(), nodes(5..6));
}
