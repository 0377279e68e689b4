//! The bodies of the fuzz targets, run by `tests/` too.

use crate::announce::{Answer, MAX_INTERVAL, MAX_PEERS, MIN_INTERVAL};
use crate::family::Family;
use crate::scrape::{self, MAX_SCRAPE};
use crate::server;
use crate::server::udp_packet::{Ask, Call};
use crate::udp::packet::{Action, Awaited, Reply, TransactionId};
use wire::{AddressPolicy, InfoHash};

/// An announce's answer: any bytes give a bounded answer or a typed error.
pub fn announce_answer(body: &[u8]) {
    let policy = AddressPolicy::GLOBAL;
    if let Ok(answer) = Answer::parse(body, &policy) {
        assert!(answer.peers.len() <= MAX_PEERS);
        assert!((MIN_INTERVAL..=MAX_INTERVAL).contains(&answer.interval));
        for peer in answer.peers {
            assert!(peer.port() != 0 && policy.permits_peer(peer), "{peer}");
        }
    }
}

/// The local tracker's query strings: any bytes give a query or a typed refusal.
pub fn server_query(query: &[u8]) {
    if let Ok(query) = std::str::from_utf8(query) {
        let _ = server::query::AnnounceQuery::parse(query);
        let _ = server::query::scrape_hashes(query);
    }
}

/// A scrape's answer: any bytes give counts of what was asked for, or a typed error.
pub fn scrape_answer(body: &[u8]) {
    let asked = [InfoHash([b'a'; 20]), InfoHash([0; 20])];
    if let Ok(swarms) = scrape::parse(body, &asked) {
        assert!(swarms.iter().all(|(hash, _)| asked.contains(hash)));
    }
}

/// A UDP tracker's datagrams: any bytes are an answer to the question asked, or none. The first
/// byte chooses the question.
pub fn udp_answer(bytes: &[u8]) {
    let Some((choice, datagram)) = bytes.split_first() else { return };
    let action = Action::of(u32::from(choice & 3)).unwrap_or(Action::Announce);
    let family = if choice & 4 == 0 { Family::V4 } else { Family::V6 };
    let awaited = Awaited { action, transaction: TransactionId(0), family };
    match awaited.read(datagram) {
        Some(Reply::Connected(_)) => assert_eq!(action, Action::Connect),
        Some(Reply::Announced { peers, .. }) => {
            assert_eq!(action, Action::Announce);
            assert!(peers.len() <= datagram.len() / 6);
        }
        Some(Reply::Scraped(counts)) => {
            assert_eq!(action, Action::Scrape);
            assert!(counts.len() <= datagram.len() / 12);
        }
        Some(Reply::Error(text)) => assert!(!text.chars().any(char::is_control)),
        None => {}
    }
}

/// The local tracker's datagrams: any bytes are a request within bounds, or none.
pub fn server_datagram(datagram: &[u8]) {
    for family in [Family::V4, Family::V6] {
        match Call::parse(datagram, family).map(|call| call.ask) {
            Some(Ask::Announce(_, Ok(query))) => {
                assert!(query.port != 0 && query.numwant <= 200 && datagram.len() >= 98);
            }
            Some(Ask::Scrape(_, hashes)) => assert!(hashes.len() <= MAX_SCRAPE),
            _ => {}
        }
    }
}
