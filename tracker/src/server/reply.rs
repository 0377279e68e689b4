//! Bencoded answers. Dictionary keys are written in their sorted order (BEP 3).

use std::net::SocketAddr;

use wire::compact::CompactPeers;
use wire::{InfoHash, PeerId};

use super::store::{Counts, Given};

/// An announce's answer: IPv4 peers compact (BEP 23) or as dictionaries (BEP 3), as asked; IPv6
/// peers of a compact answer under `peers6` (BEP 7).
pub fn announce(given: &Given, compact: bool, no_peer_id: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(128 + given.peers.len() * 6);
    out.push(b'd');
    entry_int(&mut out, "complete", given.counts.complete);
    entry_int(&mut out, "downloaded", given.counts.downloaded);
    entry_int(&mut out, "incomplete", given.counts.incomplete);
    entry_int(&mut out, "interval", given.interval.as_secs());
    entry_int(&mut out, "min interval", given.min_interval.as_secs());
    string(&mut out, b"peers");
    if compact {
        let peers: CompactPeers = given.peers.iter().map(|(addr, _)| *addr).collect();
        string(&mut out, &peers.v4);
        if !peers.v6.is_empty() {
            string(&mut out, b"peers6");
            string(&mut out, &peers.v6);
        }
    } else {
        dictionaries(&mut out, &given.peers, no_peer_id);
    }
    out.push(b'e');
    out
}

/// A refusal (BEP 3).
pub fn failure(reason: &str) -> Vec<u8> {
    let mut out = vec![b'd'];
    string(&mut out, b"failure reason");
    string(&mut out, reason.as_bytes());
    out.push(b'e');
    out
}

/// A scrape's answer (BEP 48); `swarms` ordered by info hash.
pub fn scrape(swarms: &[(InfoHash, Counts)]) -> Vec<u8> {
    let mut out = vec![b'd'];
    string(&mut out, b"files");
    out.push(b'd');
    for (info_hash, counts) in swarms {
        string(&mut out, &info_hash.0);
        out.push(b'd');
        entry_int(&mut out, "complete", counts.complete);
        entry_int(&mut out, "downloaded", counts.downloaded);
        entry_int(&mut out, "incomplete", counts.incomplete);
        out.push(b'e');
    }
    out.extend_from_slice(b"ee");
    out
}

fn dictionaries(out: &mut Vec<u8>, peers: &[(SocketAddr, PeerId)], no_peer_id: bool) {
    out.push(b'l');
    for (addr, peer_id) in peers {
        out.push(b'd');
        string(out, b"ip");
        string(out, addr.ip().to_string().as_bytes());
        if !no_peer_id {
            string(out, b"peer id");
            string(out, &peer_id.0);
        }
        entry_int(out, "port", u64::from(addr.port()));
        out.push(b'e');
    }
    out.push(b'e');
}

fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes.len().to_string().as_bytes());
    out.push(b':');
    out.extend_from_slice(bytes);
}

fn entry_int(out: &mut Vec<u8>, key: &str, value: u64) {
    string(out, key.as_bytes());
    out.extend_from_slice(format!("i{value}e").as_bytes());
}
