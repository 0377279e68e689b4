//! A URL's host as addresses that may be contacted (HOSTILE 16).
//!
//! The connection goes to the very address that was checked here, so a DNS answer that changes
//! between check and use changes nothing.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};
use wire::AddressPolicy;

use crate::TrackerError;
use crate::family::Family;

/// Addresses of one host and family tried in turn, so that a dead one does not hide a live one.
const MAX_ADDRESSES: usize = 4;

/// Resolves a URL's host and keeps the addresses the policy permits, at most [`MAX_ADDRESSES`] of
/// each family.
///
/// # Errors
/// [`TrackerError::InvalidUrl`] without host or port, [`TrackerError::Resolve`],
/// [`TrackerError::Forbidden`] when no address is permitted.
pub(crate) async fn permitted_addresses(
    url: &Url,
    policy: &AddressPolicy,
) -> Result<Vec<SocketAddr>, TrackerError> {
    let invalid = |reason: &str| TrackerError::InvalidUrl(reason.to_owned());
    let host = host(url)?;
    let port = url.port_or_known_default().filter(|port| *port != 0);
    let port = port.ok_or_else(|| invalid("no port"))?;
    let found: Vec<SocketAddr> = match &host {
        Host::Ipv4(ip) => vec![(*ip, port).into()],
        Host::Ipv6(ip) => vec![(*ip, port).into()],
        Host::Domain(name) => tokio::net::lookup_host((name.as_str(), port))
            .await
            .map_err(|e| TrackerError::Resolve { host: name.clone(), reason: e.to_string() })?
            .collect(),
    };
    let permitted: Vec<SocketAddr> = found
        .iter()
        .map(|address| match address.ip().to_canonical() {
            IpAddr::V4(ip) => (ip, port).into(),
            // With the zone a link-local address needs.
            IpAddr::V6(_) => *address,
        })
        .filter(|address| policy.permits(address.ip()))
        .collect();
    if permitted.is_empty() {
        return Err(TrackerError::Forbidden(host.to_string()));
    }
    let few = |family: Family| family.only(&permitted).into_iter().take(MAX_ADDRESSES);
    Ok(few(Family::V6).chain(few(Family::V4)).collect())
}

/// The host. That of a `udp` URL is opaque to the URL standard: it is read here as that of an
/// `http` URL is, decimal and short forms of IPv4 included.
pub(crate) fn host(url: &Url) -> Result<Host<String>, TrackerError> {
    match url.host().ok_or_else(|| TrackerError::InvalidUrl("no host".to_owned()))? {
        Host::Domain(name) => {
            Host::parse(name).map_err(|e| TrackerError::InvalidUrl(e.to_string()))
        }
        literal => Ok(literal.to_owned()),
    }
}
