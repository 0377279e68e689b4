//! The bodies of the fuzz targets, run by `tests/` too.

use crate::announce::{Answer, MAX_INTERVAL, MAX_PEERS, MIN_INTERVAL};
use crate::server;
use wire::AddressPolicy;

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
