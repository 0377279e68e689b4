//! An announce's or scrape's query string (BEP 3), read leniently where clients differ.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use wire::{InfoHash, PeerId};

use crate::announce::Event;
use crate::family::Family;
use crate::scrape::MAX_SCRAPE;

/// Peers given when the client names no number, as is usual.
pub const DEFAULT_NUMWANT: usize = 50;

/// How an announce came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// BEP 3.
    Http,
    /// BEP 15.
    Udp,
}

impl Transport {
    /// Its usual name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Udp => "UDP",
        }
    }
}

/// What a client announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnounceQuery {
    /// The torrent.
    pub info_hash: InfoHash,
    /// Who announces.
    pub peer_id: PeerId,
    /// Where it listens; never 0.
    pub port: u16,
    /// Bytes it lacks; `None` where it does not say, which is taken for a leecher.
    pub left: Option<u64>,
    /// Why it announces.
    pub event: Event,
    /// Peers it wants.
    pub numwant: usize,
    /// Whether it reads compact peers (BEP 23); so does everybody who does not say.
    pub compact: bool,
    /// Whether dictionaries may go without peer ids.
    pub no_peer_id: bool,
    /// How it came.
    pub transport: Transport,
    /// The only family whose peers fit the answer (BEP 15); `None` where both do.
    pub family: Option<Family>,
}

impl AnnounceQuery {
    /// Reads a query string without its `?`.
    ///
    /// # Errors
    /// The `failure reason` for the client.
    pub fn parse(query: &str) -> Result<Self, &'static str> {
        let (mut info_hash, mut peer_id, mut port) = (None, None, None);
        let (mut left, mut event, mut numwant) = (None, Event::Empty, DEFAULT_NUMWANT);
        let (mut compact, mut no_peer_id) = (true, false);
        for (key, value) in pairs(query) {
            match key {
                "info_hash" => info_hash = <[u8; 20]>::try_from(value.as_ref()).ok(),
                "peer_id" => peer_id = <[u8; 20]>::try_from(value.as_ref()).ok(),
                "port" => port = number(&value),
                "left" => left = number(&value),
                "numwant" => numwant = number(&value).unwrap_or(DEFAULT_NUMWANT),
                "compact" => compact = value.as_ref() != b"0",
                "no_peer_id" => no_peer_id = value.as_ref() == b"1",
                "event" => event = event_named(&value),
                _ => {}
            }
        }
        Ok(Self {
            info_hash: InfoHash(info_hash.ok_or("info_hash is not 20 bytes")?),
            peer_id: PeerId(peer_id.ok_or("peer_id is not 20 bytes")?),
            port: port.filter(|port| *port != 0).ok_or("port is not 1 to 65535")?,
            left,
            event,
            numwant,
            compact,
            no_peer_id,
            transport: Transport::Http,
            family: None,
        })
    }
}

/// The torrents a scrape names (BEP 48), at most [`MAX_SCRAPE`]; none named is a scrape of all.
pub fn scrape_hashes(query: &str) -> Vec<InfoHash> {
    pairs(query)
        .filter(|(key, _)| *key == "info_hash")
        .filter_map(|(_, value)| <[u8; 20]>::try_from(value.as_ref()).ok())
        .map(InfoHash)
        .take(MAX_SCRAPE)
        .collect()
}

/// Keys and percent-decoded values.
fn pairs(query: &str) -> impl Iterator<Item = (&str, Cow<'_, [u8]>)> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key, percent_decode_str(value).into()))
}

fn number<T: std::str::FromStr>(value: &[u8]) -> Option<T> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// Unknown events (`paused` of BEP 21, say) count as regular announces.
fn event_named(value: &[u8]) -> Event {
    match value {
        b"started" => Event::Started,
        b"completed" => Event::Completed,
        b"stopped" => Event::Stopped,
        _ => Event::Empty,
    }
}
