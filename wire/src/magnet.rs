//! Magnet links, read and written (BEP 9, BEP 53).

use std::net::SocketAddr;
use std::ops::RangeInclusive;

use url::form_urlencoded;

use crate::InfoHash;

/// The longest link read.
pub const MAX_LEN: usize = 8 * 1024;
/// Trackers kept; the rest is ignored.
pub const MAX_TRACKERS: usize = 64;
/// Peers, and web seeds, kept; the rest is ignored.
pub const MAX_PEERS: usize = 32;
/// Ranges of a file selection kept; the rest is ignored.
pub const MAX_RANGES: usize = 64;

/// Why a magnet link is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MagnetError {
    /// Longer than [`MAX_LEN`].
    #[error("magnet link longer than {MAX_LEN} bytes")]
    TooLong,
    /// Another kind of link.
    #[error("not a magnet link")]
    NotMagnet,
    /// No `xt` that names a torrent.
    #[error("magnet link without an info hash")]
    NoInfoHash,
    /// `urn:btih:` without 40 hex digits or 32 base32 characters behind it, or `urn:btmh:` without
    /// a SHA-256 multihash.
    #[error("magnet link with a malformed info hash")]
    InfoHash,
    /// Only a BEP 52 (v2) hash, which this client can't use.
    #[error("magnet link of a version 2 torrent (BEP 52), which is not supported")]
    OnlyV2,
    /// `so` is no list of file indices and ranges (BEP 53).
    #[error("magnet link with a malformed file selection")]
    Selection,
}

/// A parsed magnet link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Magnet {
    /// `xt`
    pub info_hash: InfoHash,
    /// `dn`: as a stranger wrote it, for display until the metadata is here.
    pub name: Option<String>,
    /// `tr`, in order, each once.
    pub trackers: Vec<String>,
    /// `ws` (BEP 19).
    pub web_seeds: Vec<String>,
    /// `x.pe`, addresses only: host names are ignored, and port 0.
    pub peers: Vec<SocketAddr>,
    /// `so` (BEP 53): file indices, as ranges; `None` selects everything.
    pub selected: Option<Vec<RangeInclusive<u32>>>,
}

impl Magnet {
    /// The link that says nothing but which torrent.
    pub fn of(info_hash: InfoHash) -> Self {
        Self {
            info_hash,
            name: None,
            trackers: Vec::new(),
            web_seeds: Vec::new(),
            peers: Vec::new(),
            selected: None,
        }
    }

    /// Parses a `magnet:?` link; parameters may be numbered (`tr.1`), unknown ones are ignored.
    ///
    /// # Errors
    /// [`MagnetError`]
    pub fn parse(link: &str) -> Result<Self, MagnetError> {
        if link.len() > MAX_LEN {
            return Err(MagnetError::TooLong);
        }
        let query = link
            .trim()
            .split_at_checked("magnet:?".len())
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("magnet:?"))
            .map(|(_, query)| query)
            .ok_or(MagnetError::NotMagnet)?;
        let mut info_hash = None;
        let mut has_v2 = false;
        let mut magnet = Self::of(InfoHash([0; 20]));
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match unnumbered(&key) {
                "xt" => match topic(&value)? {
                    Topic::V1(hash) => info_hash = info_hash.or(Some(hash)),
                    Topic::V2 => has_v2 = true,
                    Topic::Other => {}
                },
                "dn" if magnet.name.is_none() => magnet.name = Some(value.into_owned()),
                "tr" => keep(&mut magnet.trackers, value.into_owned(), MAX_TRACKERS),
                "ws" => keep(&mut magnet.web_seeds, value.into_owned(), MAX_PEERS),
                "x.pe" => {
                    if let Some(peer) = value.parse().ok().filter(|p: &SocketAddr| p.port() != 0) {
                        keep(&mut magnet.peers, peer, MAX_PEERS);
                    }
                }
                "so" => magnet.selected = Some(selection(&value)?).filter(|so| !so.is_empty()),
                _ => {}
            }
        }
        magnet.info_hash = info_hash.ok_or(match has_v2 {
            true => MagnetError::OnlyV2,
            false => MagnetError::NoInfoHash,
        })?;
        Ok(magnet)
    }

    /// The link; values are escaped as RFC 3986 has it, spaces as `%20`, since not every client
    /// takes `+`.
    pub fn to_uri(&self) -> String {
        let mut uri = format!("magnet:?xt=urn:btih:{}", self.info_hash);
        let mut add = |key: &str, value: &str| {
            uri.extend(["&", key, "="]);
            uri.extend(form_urlencoded::byte_serialize(value.as_bytes()).map(|part| match part {
                "+" => "%20",
                part => part,
            }));
        };
        self.name.iter().for_each(|name| add("dn", name));
        self.trackers.iter().for_each(|tracker| add("tr", tracker));
        self.web_seeds.iter().for_each(|seed| add("ws", seed));
        self.peers.iter().for_each(|peer| add("x.pe", &peer.to_string()));
        if let Some(ranges) = &self.selected {
            let ranges: Vec<String> = ranges.iter().map(written).collect();
            uri.extend(["&so=", &ranges.join(",")]);
        }
        uri
    }

    /// The files selected out of `files`, ascending, each once; `None` for everything. Indices past
    /// the end select nothing.
    pub fn selected_indices(&self, files: usize) -> Option<Vec<usize>> {
        let ranges = self.selected.as_ref()?;
        let is_selected = |index: &usize| {
            u32::try_from(*index).is_ok_and(|index| ranges.iter().any(|r| r.contains(&index)))
        };
        Some((0..files).filter(is_selected).collect())
    }
}

/// A range as `so` has it: `3` or `3-5`.
fn written(range: &RangeInclusive<u32>) -> String {
    match range.start() == range.end() {
        true => range.start().to_string(),
        false => format!("{}-{}", range.start(), range.end()),
    }
}

/// What an `xt` names.
enum Topic {
    V1(InfoHash),
    V2,
    Other,
}

fn topic(value: &str) -> Result<Topic, MagnetError> {
    let after = |prefix: &str| {
        let (head, tail) = value.split_at_checked(prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then_some(tail)
    };
    if let Some(hash) = after("urn:btih:") {
        return InfoHash::parse(hash).map(Topic::V1).ok_or(MagnetError::InfoHash);
    }
    if let Some(hash) = after("urn:btmh:") {
        let sha256 = hash.len() == 68
            && hash.starts_with("1220")
            && hash.bytes().all(|b| b.is_ascii_hexdigit());
        return if sha256 { Ok(Topic::V2) } else { Err(MagnetError::InfoHash) };
    }
    Ok(Topic::Other)
}

/// `tr` of `tr.12`.
fn unnumbered(key: &str) -> &str {
    match key.rsplit_once('.') {
        Some((name, number))
            if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            name
        }
        _ => key,
    }
}

fn keep<T: PartialEq>(list: &mut Vec<T>, item: T, most: usize) {
    if list.len() < most && !list.contains(&item) {
        list.push(item);
    }
}

fn selection(value: &str) -> Result<Vec<RangeInclusive<u32>>, MagnetError> {
    let index = |text: &str| text.parse::<u32>().map_err(|_| MagnetError::Selection);
    value
        .split(',')
        .filter(|part| !part.is_empty())
        .take(MAX_RANGES)
        .map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let range = index(first)?..=index(last)?;
            if range.is_empty() { Err(MagnetError::Selection) } else { Ok(range) }
        })
        .collect()
}
