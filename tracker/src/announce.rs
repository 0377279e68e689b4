//! The announce (BEP 3): its request as a URL, its answer as a value.
//!
//! Answers come in three shapes, all read: compact peers (BEP 23), peers as a list of dictionaries
//! (BEP 3), compact IPv6 peers under `peers6` (BEP 7). A tracker is not trusted: times are clamped,
//! text is shortened and cleaned, peers are capped and pass the [`AddressPolicy`].

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use url::Url;
use wire::bencode::{self, Limits, Value};
use wire::{AddressPolicy, InfoHash, PeerId, compact};

use crate::TrackerError;

/// Shortest time between two regular announces, whatever the tracker says.
pub const MIN_INTERVAL: Duration = Duration::from_secs(60);
/// Longest time between two regular announces, whatever the tracker says.
pub const MAX_INTERVAL: Duration = Duration::from_secs(3600);
/// The time between regular announces where the tracker says none: half an hour, as is usual.
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(1800);
/// Peers asked for. Trackers give 50 unasked and seldom more than 200.
pub const NUMWANT: u32 = 200;
/// Peers taken from one answer; the rest is dropped.
pub const MAX_PEERS: usize = 2000;
/// Characters kept of a tracker's `failure reason` or `warning message`.
pub const MAX_TEXT: usize = 200;
/// Longest `tracker id` sent back; a longer one is dropped, for it becomes part of our URL.
pub const MAX_TRACKER_ID: usize = 256;

/// RFC 3986 unreserved characters stay; every other byte of a hash or peer id is escaped.
pub(crate) const ESCAPED: AsciiSet =
    NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The `event` of an announce (BEP 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A regular announce: the key is left out.
    Empty,
    /// The first announce a tracker hears.
    Started,
    /// The download completed during this session.
    Completed,
    /// We leave.
    Stopped,
}

impl Event {
    /// The query's value; `None` for the regular announce.
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Empty => None,
            Self::Started => Some("started"),
            Self::Completed => Some("completed"),
            Self::Stopped => Some("stopped"),
        }
    }
}

/// A torrent's counters in bytes, since it was started (BEP 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfer {
    /// Payload sent to peers.
    pub uploaded: u64,
    /// Payload received from peers.
    pub downloaded: u64,
    /// Bytes until the torrent is complete: 0 is a seeder.
    pub left: u64,
}

/// One announce, as BEP 3 lists its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The torrent.
    pub info_hash: InfoHash,
    /// Who we are in its swarm.
    pub peer_id: PeerId,
    /// Where we listen.
    pub port: u16,
    /// Proves to the tracker that we are the same peer when our address changed.
    pub key: u32,
    /// The counters.
    pub transfer: Transfer,
    /// Why we announce.
    pub event: Event,
    /// Peers wanted.
    pub numwant: u32,
    /// What the tracker's last answer called `tracker id`, returned as it came.
    pub tracker_id: Option<Vec<u8>>,
}

impl Request {
    /// The URL to GET: the announce URL's own query (a passkey, say) is kept in front.
    pub fn url(&self, announce: &Url) -> Url {
        let mut query = match announce.query() {
            Some(own) if !own.is_empty() => format!("{own}&"),
            _ => String::new(),
        };
        // Writing to a String cannot fail.
        let _ = write!(
            query,
            "info_hash={}&peer_id={}&port={}&uploaded={}&downloaded={}&left={}&compact=1&numwant={}&key={:08x}",
            percent_encode(&self.info_hash.0, &ESCAPED),
            percent_encode(&self.peer_id.0, &ESCAPED),
            self.port,
            self.transfer.uploaded,
            self.transfer.downloaded,
            self.transfer.left,
            self.numwant,
            self.key,
        );
        if let Some(event) = self.event.as_str() {
            let _ = write!(query, "&event={event}");
        }
        if let Some(id) = &self.tracker_id {
            let _ = write!(query, "&trackerid={}", percent_encode(id, &ESCAPED));
        }
        let mut url = announce.clone();
        url.set_query(Some(&query));
        url.set_fragment(None);
        url
    }
}

/// A tracker's answer to an announce, bounded and filtered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Until the next regular announce: [`MIN_INTERVAL`] to [`MAX_INTERVAL`].
    pub interval: Duration,
    /// The tracker's floor between any two announces, clamped alike.
    pub min_interval: Option<Duration>,
    /// Peers that may be dialled, at most [`MAX_PEERS`].
    pub peers: Vec<SocketAddr>,
    /// Seeders in the swarm (`complete`), where told.
    pub seeders: Option<u64>,
    /// Leechers in the swarm (`incomplete`), where told.
    pub leechers: Option<u64>,
    /// To be returned with the next announce.
    pub tracker_id: Option<Vec<u8>>,
    /// A `warning message`: the answer counts all the same.
    pub warning: Option<String>,
}

impl Answer {
    /// Reads the body of an announce's answer.
    ///
    /// # Errors
    /// [`TrackerError::Refused`] with the tracker's own words for a `failure reason`,
    /// [`TrackerError::Malformed`] for anything that is no bencoded dictionary.
    pub fn parse(body: &[u8], policy: &AddressPolicy) -> Result<Self, TrackerError> {
        let root = bencode::read_tolerant(body, Limits::MESSAGE)
            .map_err(|e| TrackerError::Malformed(e.to_string()))?;
        if root.dict().is_none() {
            return Err(TrackerError::Malformed("not a dictionary".to_owned()));
        }
        if let Some(reason) = root.get("failure reason") {
            let reason = reason.bytes().map(clean_text).unwrap_or_default();
            return Err(TrackerError::Refused(reason));
        }
        let mut peers = Vec::new();
        match root.get("peers") {
            // Whole entries only: a ragged tail (BEP 23 knows none) is dropped.
            Some(Value::Bytes(bytes)) => {
                let whole = bytes.as_chunks::<6>().0.as_flattened();
                keep(compact::parse_v4(whole).into_iter().flatten(), policy, &mut peers);
            }
            Some(Value::List(list)) => {
                keep(list.iter().filter_map(from_dictionary), policy, &mut peers);
            }
            _ => {}
        }
        if let Some(Value::Bytes(bytes)) = root.get("peers6") {
            let whole = bytes.as_chunks::<18>().0.as_flattened();
            keep(compact::parse_v6(whole).into_iter().flatten(), policy, &mut peers);
        }
        let seconds = |key: &str| root.get(key).and_then(Value::int).map(clamp_interval);
        let count = |key: &str| {
            let value = root.get(key).and_then(Value::int)?;
            u64::try_from(value).ok()
        };
        Ok(Self {
            interval: seconds("interval").unwrap_or(DEFAULT_INTERVAL),
            min_interval: seconds("min interval"),
            peers,
            seeders: count("complete"),
            leechers: count("incomplete"),
            tracker_id: root
                .get("tracker id")
                .and_then(Value::bytes)
                .filter(|id| id.len() <= MAX_TRACKER_ID)
                .map(<[u8]>::to_vec),
            warning: root.get("warning message").and_then(Value::bytes).map(clean_text),
        })
    }
}

/// Seconds as a tracker gives them, brought into [`MIN_INTERVAL`]..=[`MAX_INTERVAL`].
pub(crate) fn clamp_interval(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0)).clamp(MIN_INTERVAL, MAX_INTERVAL)
}

/// A tracker's words, fit for a log line and a page: valid UTF-8, no controls, bounded.
pub(crate) fn clean_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect()
}

/// Keeps the peers that may be dialled, up to [`MAX_PEERS`].
pub(crate) fn keep(
    found: impl IntoIterator<Item = SocketAddr>,
    policy: &AddressPolicy,
    peers: &mut Vec<SocketAddr>,
) {
    let room = MAX_PEERS.saturating_sub(peers.len());
    let permitted = found.into_iter().filter(|peer| policy.permits_peer(*peer));
    peers.extend(permitted.take(room));
}

/// A peer as BEP 3 writes it. Only literal addresses: a name would be one more lookup at a stranger's
/// wish.
fn from_dictionary(entry: &Value<'_>) -> Option<SocketAddr> {
    let ip: IpAddr = entry.get("ip")?.str()?.parse().ok()?;
    let port = u16::try_from(entry.get("port")?.int()?).ok()?;
    Some(SocketAddr::new(ip, port))
}
