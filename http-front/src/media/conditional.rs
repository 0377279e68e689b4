//! Validators and preconditions of a file (RFC 9110 §8.8, §13).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE};
use wire::InfoHash;

/// What tells one state of a file from another. Bytes of a torrent never change, so the tag is
/// strong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Validators {
    /// The entity tag with its quotes.
    pub etag: String,
    /// When the file was whole, to the second.
    pub last_modified: Option<SystemTime>,
}

/// What the preconditions of a request come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Precondition {
    /// The request goes on.
    Proceed,
    /// 304.
    NotModified,
    /// 412.
    Failed,
}

impl Validators {
    /// Of the `index`-th file of a torrent.
    pub fn new(info_hash: InfoHash, index: usize, completed_at: Option<SystemTime>) -> Self {
        Self {
            etag: format!("\"{info_hash}-{index}\""),
            last_modified: completed_at.map(whole_seconds),
        }
    }

    /// Evaluates `If-Match`, `If-None-Match` and `If-Modified-Since` in RFC 9110 §13.2.2's order.
    pub fn precondition(&self, headers: &HeaderMap) -> Precondition {
        if headers.contains_key(IF_MATCH) && !self.listed(headers, IF_MATCH, false) {
            return Precondition::Failed;
        }
        if headers.contains_key(IF_NONE_MATCH) {
            return match self.listed(headers, IF_NONE_MATCH, true) {
                true => Precondition::NotModified,
                false => Precondition::Proceed,
            };
        }
        match (self.last_modified, date(headers, IF_MODIFIED_SINCE)) {
            (Some(modified), Some(since)) if modified <= since => Precondition::NotModified,
            _ => Precondition::Proceed,
        }
    }

    /// The `Range` header that counts: the one there is, unless `If-Range` names another state
    /// (RFC 9110 §13.1.5: strong comparison, a date exactly). Two `Range` lines mean nothing.
    pub fn range<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let mut lines = headers.get_all(RANGE).iter();
        let range = lines.next()?.to_str().ok()?;
        if lines.next().is_some() {
            return None;
        }
        match headers.get(IF_RANGE) {
            None => Some(range),
            Some(tag) if tag.to_str().is_ok_and(|tag| tag.trim() == self.etag) => Some(range),
            Some(_) => {
                let when = date(headers, IF_RANGE)?;
                (Some(when) == self.last_modified).then_some(range)
            }
        }
    }

    /// Whether our tag, or `*`, is in a list of tags; weak comparison ignores `W/`.
    fn listed(&self, headers: &HeaderMap, name: http::HeaderName, weak: bool) -> bool {
        headers
            .get_all(name)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .map(str::trim)
            .any(|tag| {
                let bare = if weak { tag.strip_prefix("W/").unwrap_or(tag) } else { tag };
                bare == "*" || bare == self.etag
            })
    }
}

fn whole_seconds(time: SystemTime) -> SystemTime {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn date(headers: &HeaderMap, name: http::HeaderName) -> Option<SystemTime> {
    let text = headers.get(name)?.to_str().ok()?;
    let zoned = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(zoned.into())
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
pub fn http_date(time: SystemTime) -> Option<String> {
    let stamp = jiff::Timestamp::try_from(time).ok()?;
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&stamp).ok()
}
