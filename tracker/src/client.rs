//! One announce, whatever the URL's scheme.

use url::Url;

use crate::announce::{Answer, Request};
use crate::{TrackerError, http};
use wire::AddressPolicy;

/// Whether [`announce`] has a client for this URL.
///
/// # Errors
/// [`TrackerError::UnsupportedScheme`] where it has none.
pub fn supports(url: &Url) -> Result<(), TrackerError> {
    match url.scheme() {
        "http" => Ok(()),
        other => Err(TrackerError::UnsupportedScheme(other.to_owned())),
    }
}

/// Announces to one tracker and reads its answer. The policy decides which addresses may be
/// contacted and which peers are taken from the answer.
///
/// # Errors
/// Everything [`http::get`] and [`Answer::parse`] return; [`TrackerError::Status`] for an HTTP
/// error that carries no `failure reason`.
pub async fn announce(
    url: &Url,
    request: &Request,
    policy: &AddressPolicy,
) -> Result<Answer, TrackerError> {
    supports(url)?;
    let answer = http::get(&request.url(url), policy).await?;
    match Answer::parse(&answer.body, policy) {
        // A `failure reason` says more than the status it comes with.
        Err(refused @ TrackerError::Refused(_)) => Err(refused),
        _ if !(200..300).contains(&answer.status) => Err(TrackerError::Status(answer.status)),
        parsed => parsed,
    }
}
