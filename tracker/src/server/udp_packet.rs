//! BEP 15's packets, as a tracker reads and writes them. Integers are big-endian.

use std::net::SocketAddr;

use wire::compact::CompactPeers;
use wire::{InfoHash, PeerId};

use super::query::{AnnounceQuery, DEFAULT_NUMWANT, Transport};
use super::store::Given;
use crate::announce::Event;
use crate::family::Family;
use crate::scrape::{Counts, MAX_SCRAPE};
use crate::udp::packet::{Action, ConnectionId, PROTOCOL_ID, TransactionId, head, take};

/// Bytes of peers in one answer, so that it passes every network whole.
const MAX_PEER_BYTES: usize = 1200;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Goes back with the answer.
    pub transaction: TransactionId,
    /// What is asked.
    pub ask: Ask,
}

/// What a request asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// For a connection id.
    Connect,
    /// An announce with the client's connection id, or why it cannot count.
    Announce(ConnectionId, Result<AnnounceQuery, &'static str>),
    /// A scrape of these torrents with the client's connection id.
    Scrape(ConnectionId, Vec<InfoHash>),
}

impl Call {
    /// Reads a datagram from a client reached over `family`; `None` where it is no request. What
    /// follows an announce's 98 bytes (BEP 41) is not looked at.
    pub fn parse(datagram: &[u8], family: Family) -> Option<Self> {
        let mut rest = datagram;
        let id = u64::from_be_bytes(take(&mut rest)?);
        let action = Action::of(u32::from_be_bytes(take(&mut rest)?))?;
        let transaction = TransactionId(u32::from_be_bytes(take(&mut rest)?));
        let ask = match action {
            Action::Connect if id == PROTOCOL_ID => Ask::Connect,
            Action::Announce => Ask::Announce(ConnectionId(id), announce(rest, family)?),
            Action::Scrape => {
                let hashes = rest.as_chunks::<20>().0.iter().take(MAX_SCRAPE);
                Ask::Scrape(ConnectionId(id), hashes.copied().map(InfoHash).collect())
            }
            Action::Connect | Action::Error => return None,
        };
        Some(Self { transaction, ask })
    }
}

fn announce(mut rest: &[u8], family: Family) -> Option<Result<AnnounceQuery, &'static str>> {
    let info_hash = InfoHash(take(&mut rest)?);
    let peer_id = PeerId(take(&mut rest)?);
    let _downloaded: [u8; 8] = take(&mut rest)?;
    let left = u64::from_be_bytes(take(&mut rest)?);
    let _uploaded: [u8; 8] = take(&mut rest)?;
    let event = match u32::from_be_bytes(take(&mut rest)?) {
        1 => Event::Completed,
        2 => Event::Started,
        3 => Event::Stopped,
        _ => Event::Empty,
    };
    let _ip_and_key: [u8; 8] = take(&mut rest)?;
    let numwant = i32::from_be_bytes(take(&mut rest)?);
    let port = u16::from_be_bytes(take(&mut rest)?);
    if port == 0 {
        return Some(Err("port is not 1 to 65535"));
    }
    let most = MAX_PEER_BYTES / if family == Family::V4 { 6 } else { 18 };
    Some(Ok(AnnounceQuery {
        info_hash,
        peer_id,
        port,
        left: Some(left),
        event,
        // Negative is the client's "as many as you like".
        numwant: usize::try_from(numwant).unwrap_or(DEFAULT_NUMWANT).min(most),
        compact: true,
        no_peer_id: true,
        transport: Transport::Udp,
        family: Some(family),
    }))
}

/// A connection id: 16 bytes, as many as were asked with.
pub fn connected(transaction: TransactionId, id: ConnectionId) -> Vec<u8> {
    let mut packet = Vec::with_capacity(16);
    head(&mut packet, Action::Connect, transaction);
    packet.extend_from_slice(&id.0.to_be_bytes());
    packet
}

/// An announce's answer.
pub fn announced(transaction: TransactionId, given: &Given) -> Vec<u8> {
    let mut packet = Vec::with_capacity(20 + MAX_PEER_BYTES);
    head(&mut packet, Action::Announce, transaction);
    for number in [given.interval.as_secs(), given.counts.incomplete, given.counts.complete] {
        packet.extend_from_slice(&saturated(number));
    }
    let addresses: Vec<SocketAddr> = given.peers.iter().map(|(address, _)| *address).collect();
    let peers: CompactPeers = addresses.into_iter().collect();
    // The store gave peers of the asker's family alone.
    packet.extend_from_slice(&peers.v4);
    packet.extend_from_slice(&peers.v6);
    packet
}

/// A scrape's answer: counts in the order of the request.
pub fn scraped(transaction: TransactionId, counts: &[Counts]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(8 + 12 * counts.len());
    head(&mut packet, Action::Scrape, transaction);
    for swarm in counts {
        for number in [swarm.complete, swarm.downloaded, swarm.incomplete] {
            packet.extend_from_slice(&saturated(number));
        }
    }
    packet
}

/// A refusal.
pub fn error(transaction: TransactionId, reason: &str) -> Vec<u8> {
    let mut packet = Vec::with_capacity(8 + reason.len());
    head(&mut packet, Action::Error, transaction);
    packet.extend_from_slice(reason.as_bytes());
    packet
}

/// A count in 32 bits that readers of signed and unsigned numbers agree on.
fn saturated(number: u64) -> [u8; 4] {
    i32::try_from(number).unwrap_or(i32::MAX).to_be_bytes()
}
