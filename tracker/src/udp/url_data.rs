//! The URL's path and query as `URLData` options behind an announce (BEP 41).

use url::{Position, Url};

use crate::TrackerError;

/// Longest path and query sent, so that the datagram passes every network whole.
pub const MAX_URL_DATA: usize = 1024;
/// The option's type; its length follows in one byte.
const URL_DATA: u8 = 2;
/// Bytes of one option; more go into further ones, which the tracker joins.
const MAX_OPTION: usize = 255;

/// The options for a tracker's URL; none where it has neither path nor query.
///
/// # Errors
/// [`TrackerError::InvalidUrl`] for more than [`MAX_URL_DATA`] bytes.
pub fn options(url: &Url) -> Result<Vec<u8>, TrackerError> {
    let data = &url[Position::BeforePath..Position::AfterQuery];
    if data.len() > MAX_URL_DATA {
        return Err(TrackerError::InvalidUrl("path too long for UDP".to_owned()));
    }
    let mut options = Vec::new();
    if data == "/" {
        return Ok(options);
    }
    for part in data.as_bytes().chunks(MAX_OPTION) {
        options.push(URL_DATA);
        options.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
        options.extend_from_slice(part);
    }
    Ok(options)
}
