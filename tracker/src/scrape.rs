//! The scrape: how many are in a swarm, without joining it (BEP 48).

use percent_encoding::percent_encode;
use url::Url;
use wire::InfoHash;
use wire::bencode::{self, Limits, Value};

use crate::TrackerError;
use crate::announce::{ESCAPED, clean_text};

/// Torrents one scrape may name: what fits a UDP packet (BEP 15), and a URL of 8 KiB.
pub const MAX_SCRAPE: usize = 64;

/// How many are in a swarm, in BEP 48's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Seeders.
    pub complete: u64,
    /// Leechers.
    pub incomplete: u64,
    /// Downloads completed, ever.
    pub downloaded: u64,
}

/// The URL to GET for some torrents: by convention the announce URL, its last `announce` replaced.
///
/// # Errors
/// [`TrackerError::NoScrape`] where the last part of the path does not begin with `announce`.
pub fn url(announce: &Url, info_hashes: &[InfoHash]) -> Result<Url, TrackerError> {
    let (folder, name) = announce.path().rsplit_once('/').ok_or(TrackerError::NoScrape)?;
    let rest = name.strip_prefix("announce").ok_or(TrackerError::NoScrape)?;
    let mut url = announce.clone();
    url.set_path(&format!("{folder}/scrape{rest}"));
    let own = announce.query().filter(|own| !own.is_empty()).map(str::to_owned);
    let named = info_hashes.iter().take(MAX_SCRAPE);
    let named = named.map(|hash| format!("info_hash={}", percent_encode(&hash.0, &ESCAPED)));
    let query: Vec<String> = own.into_iter().chain(named).collect();
    url.set_query(Some(&query.join("&")));
    url.set_fragment(None);
    Ok(url)
}

/// Reads the body of a scrape's answer: the torrents asked for that the tracker knows.
///
/// # Errors
/// [`TrackerError::Refused`] with the tracker's own words for a `failure reason`,
/// [`TrackerError::Malformed`] for anything without a `files` dictionary.
pub fn parse(
    body: &[u8],
    info_hashes: &[InfoHash],
) -> Result<Vec<(InfoHash, Counts)>, TrackerError> {
    let root = bencode::read_tolerant(body, Limits::MESSAGE)
        .map_err(|e| TrackerError::Malformed(e.to_string()))?;
    if let Some(reason) = root.get("failure reason") {
        return Err(TrackerError::Refused(reason.bytes().map(clean_text).unwrap_or_default()));
    }
    let files = root.get("files").and_then(Value::dict);
    let files = files.ok_or_else(|| TrackerError::Malformed("no files".to_owned()))?;
    let counts = |file: &Value<'_>| {
        let count = |key: &str| file.get(key).and_then(Value::int).and_then(|n| n.try_into().ok());
        Counts {
            complete: count("complete").unwrap_or(0),
            incomplete: count("incomplete").unwrap_or(0),
            downloaded: count("downloaded").unwrap_or(0),
        }
    };
    let named = |hash: &InfoHash| {
        let (_, file) = files.entries().iter().find(|(key, _)| *key == hash.0)?;
        Some((*hash, counts(file)))
    };
    Ok(info_hashes.iter().take(MAX_SCRAPE).filter_map(named).collect())
}
