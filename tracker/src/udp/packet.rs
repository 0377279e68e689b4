//! BEP 15's packets, as a client writes and reads them. Integers are big-endian.

use std::net::SocketAddr;

use wire::{InfoHash, compact};

use crate::announce::{Event, Request, clean_text};
use crate::family::Family;
use crate::scrape::{Counts, MAX_SCRAPE};

/// What a connect request begins with.
pub const PROTOCOL_ID: u64 = 0x0417_2710_1980;

/// Proof of our address, given by the tracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub u64);

/// Ties an answer to its request; chosen at random by the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransactionId(pub u32);

/// What a packet is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Action {
    /// A connection id is asked for, or given.
    Connect = 0,
    /// An announce, or its answer.
    Announce = 1,
    /// A scrape, or its answer.
    Scrape = 2,
    /// The tracker says no.
    Error = 3,
}

impl Action {
    /// The action of this number.
    pub fn of(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::Connect),
            1 => Some(Self::Announce),
            2 => Some(Self::Scrape),
            3 => Some(Self::Error),
            _ => None,
        }
    }
}

/// The number of an event.
pub fn event_number(event: Event) -> u32 {
    match event {
        Event::Empty => 0,
        Event::Completed => 1,
        Event::Started => 2,
        Event::Stopped => 3,
    }
}

/// A connect request: 16 bytes.
pub fn connect(transaction: TransactionId) -> Vec<u8> {
    let mut packet = PROTOCOL_ID.to_be_bytes().to_vec();
    head(&mut packet, Action::Connect, transaction);
    packet
}

/// An announce request: 98 bytes, and the options of [`super::url_data`].
pub fn announce(
    connection: ConnectionId,
    transaction: TransactionId,
    request: &Request,
    options: &[u8],
) -> Vec<u8> {
    let mut packet = connection.0.to_be_bytes().to_vec();
    head(&mut packet, Action::Announce, transaction);
    packet.extend_from_slice(&request.info_hash.0);
    packet.extend_from_slice(&request.peer_id.0);
    for bytes in [request.transfer.downloaded, request.transfer.left, request.transfer.uploaded] {
        packet.extend_from_slice(&bytes.to_be_bytes());
    }
    packet.extend_from_slice(&event_number(request.event).to_be_bytes());
    // Our address is the packet's.
    packet.extend_from_slice(&[0; 4]);
    packet.extend_from_slice(&request.key.to_be_bytes());
    packet.extend_from_slice(&request.numwant.to_be_bytes());
    packet.extend_from_slice(&request.port.to_be_bytes());
    packet.extend_from_slice(options);
    packet
}

/// A scrape request for at most [`MAX_SCRAPE`] torrents.
pub fn scrape(
    connection: ConnectionId,
    transaction: TransactionId,
    info_hashes: &[InfoHash],
) -> Vec<u8> {
    let mut packet = connection.0.to_be_bytes().to_vec();
    head(&mut packet, Action::Scrape, transaction);
    for hash in info_hashes.iter().take(MAX_SCRAPE) {
        packet.extend_from_slice(&hash.0);
    }
    packet
}

/// Action and transaction id, which every packet has.
pub(crate) fn head(packet: &mut Vec<u8>, action: Action, transaction: TransactionId) {
    packet.extend_from_slice(&(action as u32).to_be_bytes());
    packet.extend_from_slice(&transaction.0.to_be_bytes());
}

/// What a tracker answers; nothing in it is to be trusted yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The connection id asked for.
    Connected(ConnectionId),
    /// An announce's answer.
    Announced {
        /// Seconds until the next regular announce.
        interval: i32,
        /// Seeders, the asker included.
        seeders: Option<u64>,
        /// Leechers, the asker included.
        leechers: Option<u64>,
        /// Peers of the tracker's address family, as many as the datagram held.
        peers: Vec<SocketAddr>,
    },
    /// A scrape's answer, in the order of the request.
    Scraped(Vec<Counts>),
    /// An error packet's text, shortened and cleaned.
    Error(String),
}

/// What a datagram must be for it to be the answer (HOSTILE 37). Its source is the socket's
/// business, which is connected to the tracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The request's action; an error is an answer to any.
    pub action: Action,
    /// The request's transaction id.
    pub transaction: TransactionId,
    /// The tracker's address family, which says how long a peer is.
    pub family: Family,
}

impl Awaited {
    /// The answer a datagram is; `None` where it is none: too short, or of another request.
    pub fn read(&self, datagram: &[u8]) -> Option<Reply> {
        let mut rest = datagram;
        let action = Action::of(u32::from_be_bytes(take(&mut rest)?))?;
        if TransactionId(u32::from_be_bytes(take(&mut rest)?)) != self.transaction {
            return None;
        }
        if action == Action::Error {
            return Some(Reply::Error(clean_text(rest)));
        }
        if action != self.action {
            return None;
        }
        match action {
            Action::Connect => {
                Some(Reply::Connected(ConnectionId(u64::from_be_bytes(take(&mut rest)?))))
            }
            Action::Announce => announced(rest, self.family),
            Action::Scrape => Some(Reply::Scraped(scraped(rest))),
            Action::Error => None,
        }
    }
}

fn announced(mut rest: &[u8], family: Family) -> Option<Reply> {
    let interval = i32::from_be_bytes(take(&mut rest)?);
    let mut count = || Some(u64::try_from(i32::from_be_bytes(take(&mut rest)?)).ok());
    let (leechers, seeders) = (count()?, count()?);
    let peers = match family {
        Family::V4 => compact::parse_v4(rest.as_chunks::<6>().0.as_flattened())
            .into_iter()
            .flatten()
            .collect(),
        Family::V6 => compact::parse_v6(rest.as_chunks::<18>().0.as_flattened())
            .into_iter()
            .flatten()
            .collect(),
    };
    Some(Reply::Announced { interval, seeders, leechers, peers })
}

fn scraped(rest: &[u8]) -> Vec<Counts> {
    let swarm = |[a, b, c, d, e, f, g, h, i, j, k, l]: &[u8; 12]| Counts {
        complete: u32::from_be_bytes([*a, *b, *c, *d]).into(),
        downloaded: u32::from_be_bytes([*e, *f, *g, *h]).into(),
        incomplete: u32::from_be_bytes([*i, *j, *k, *l]).into(),
    };
    rest.as_chunks::<12>().0.iter().map(swarm).collect()
}

/// The next `N` bytes.
pub(crate) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}
