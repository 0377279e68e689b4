//! A .torrent from a URL that a stranger may have named: every address is checked before it is
//! contacted (HOSTILE 16).

use bytes::Bytes;
use tracker::TrackerError;
use tracker::http::{self, Limits};
use url::Url;
use wire::AddressPolicy;

use crate::FrontError;
use crate::routes::extract::TORRENT_LIMIT;

/// The bytes behind `url`, at most [`TORRENT_LIMIT`] of them.
///
/// # Errors
/// [`FrontError::BadRequest`] for what is no http or https URL, [`FrontError::ForbiddenAddress`]
/// where the policy forbids a hop, [`FrontError::BadTorrent`] for an answer that is too large,
/// [`FrontError::Unreachable`] for everything that goes wrong on the way.
pub async fn torrent(url: &str, policy: &AddressPolicy) -> Result<Bytes, FrontError> {
    let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let parsed =
        parsed.ok_or_else(|| FrontError::BadRequest("url: an http or https URL".into()))?;
    let limits = Limits { max_body: TORRENT_LIMIT, ..Limits::default() };
    let failed = |error: TrackerError| match error {
        TrackerError::Forbidden(host) => FrontError::ForbiddenAddress(host),
        TrackerError::TooLarge => {
            FrontError::BadTorrent(format!("url: larger than {TORRENT_LIMIT} bytes, no .torrent"))
        }
        other => FrontError::Unreachable(format!("url: {other}")),
    };
    let answer = http::fetch(&parsed, policy, &limits).await.map_err(failed)?;
    match answer.status {
        200..=299 => Ok(answer.body),
        status => Err(FrontError::Unreachable(format!("url: its server answered {status}"))),
    }
}
