//! A bounded HTTP GET whose every hop passes the address policy.
//!
//! The host is resolved here and the connection goes to the very address that was checked, so a DNS
//! answer that changes between check and use changes nothing (HOSTILE 16). A redirect starts anew.

use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use flate2::read::{GzDecoder, ZlibDecoder};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::header::{ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, HOST, LOCATION, USER_AGENT};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use url::{Host, Position, Url};

use crate::TrackerError;
use wire::AddressPolicy;

/// Redirects followed before giving up.
pub const MAX_REDIRECTS: usize = 3;
/// Bytes of an answer, before and after inflation.
pub const MAX_BODY: usize = 1024 * 1024;
/// For everything: resolving, connecting, redirects, the whole body.
pub const TIMEOUT: Duration = Duration::from_secs(15);
/// Addresses of one host tried in turn, so that a dead IPv6 route does not hide a live IPv4 one.
const MAX_ADDRESSES: usize = 4;
/// For connecting to one of them.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What a GET came to, after redirects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, inflated, at most [`MAX_BODY`] bytes.
    pub body: Bytes,
}

/// What one hop came to.
enum Hop {
    Answer(HttpAnswer),
    Redirect(Url),
}

/// GETs a URL within [`TIMEOUT`].
///
/// # Errors
/// [`TrackerError::Forbidden`] when the policy refuses every address of a hop's host,
/// [`TrackerError::UnsupportedScheme`] for a hop that is not `http`,
/// [`TrackerError::TooManyRedirects`], [`TrackerError::TooLarge`], [`TrackerError::Timeout`], and
/// the network's own failures.
pub async fn get(url: &Url, policy: &AddressPolicy) -> Result<HttpAnswer, TrackerError> {
    tokio::time::timeout(TIMEOUT, follow(url.clone(), policy))
        .await
        .unwrap_or(Err(TrackerError::Timeout))
}

async fn follow(mut url: Url, policy: &AddressPolicy) -> Result<HttpAnswer, TrackerError> {
    for _ in 0..=MAX_REDIRECTS {
        match hop(&url, policy).await? {
            Hop::Answer(answer) => return Ok(answer),
            Hop::Redirect(next) => url = next,
        }
    }
    Err(TrackerError::TooManyRedirects)
}

/// One request on one connection, which ends with it.
async fn hop(url: &Url, policy: &AddressPolicy) -> Result<Hop, TrackerError> {
    if url.scheme() != "http" {
        return Err(TrackerError::UnsupportedScheme(url.scheme().to_owned()));
    }
    let stream = connect(&permitted_addresses(url, policy).await?).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(http_error)?;
    // Dropped with this function, which aborts the connection's task.
    let mut tasks = JoinSet::new();
    tasks.spawn(connection);

    let request = hyper::Request::get(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(USER_AGENT, concat!("Millrace/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT_ENCODING, "gzip")
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|e| TrackerError::InvalidUrl(e.to_string()))?;
    let response = sender.send_request(request).await.map_err(http_error)?;

    let status = response.status();
    if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
        && let Some(location) = response.headers().get(LOCATION)
    {
        let location = location.to_str().map_err(|e| TrackerError::InvalidUrl(e.to_string()))?;
        return url
            .join(location)
            .map(Hop::Redirect)
            .map_err(|e| TrackerError::InvalidUrl(e.to_string()));
    }
    let encoding = response.headers().get(CONTENT_ENCODING).cloned();
    let body = read_body(response.into_body()).await?;
    let encoding = encoding.as_ref().map(|value| value.as_bytes());
    Ok(Hop::Answer(HttpAnswer { status: status.as_u16(), body: inflate(encoding, body)? }))
}

/// Resolves the host and keeps the addresses the policy permits.
async fn permitted_addresses(
    url: &Url,
    policy: &AddressPolicy,
) -> Result<Vec<SocketAddr>, TrackerError> {
    let host = url.host().ok_or_else(|| TrackerError::InvalidUrl("no host".to_owned()))?;
    let port = url.port_or_known_default().unwrap_or(80);
    let found: Vec<SocketAddr> = match host {
        Host::Ipv4(ip) => vec![(ip, port).into()],
        Host::Ipv6(ip) => vec![(ip, port).into()],
        Host::Domain(name) => tokio::net::lookup_host((name, port))
            .await
            .map_err(|e| TrackerError::Resolve { host: name.to_owned(), reason: e.to_string() })?
            .collect(),
    };
    let permitted: Vec<SocketAddr> = found
        .into_iter()
        .filter(|address| policy.permits(address.ip()))
        .take(MAX_ADDRESSES)
        .collect();
    if permitted.is_empty() {
        return Err(TrackerError::Forbidden(host.to_string()));
    }
    Ok(permitted)
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, TrackerError> {
    let mut reason = String::new();
    for address in addresses {
        match tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => reason = error.to_string(),
            Err(_) => reason = "timed out".to_owned(),
        }
    }
    Err(TrackerError::Connect(reason))
}

async fn read_body(mut body: Incoming) -> Result<Bytes, TrackerError> {
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(http_error)?;
        if let Some(data) = frame.data_ref() {
            if whole.len() + data.len() > MAX_BODY {
                return Err(TrackerError::TooLarge);
            }
            whole.extend_from_slice(data);
        }
    }
    Ok(whole.into())
}

/// Undoes `Content-Encoding`, stopping one byte past [`MAX_BODY`] however much there would be.
fn inflate(encoding: Option<&[u8]>, body: Bytes) -> Result<Bytes, TrackerError> {
    let decoder: Box<dyn Read + '_> = match encoding {
        None | Some(b"identity" | b"") => return Ok(body),
        Some(b"gzip" | b"x-gzip") => Box::new(GzDecoder::new(body.as_ref())),
        Some(b"deflate") => Box::new(ZlibDecoder::new(body.as_ref())),
        Some(_) => return Err(TrackerError::Http("unknown content encoding".to_owned())),
    };
    let mut inflated = Vec::new();
    decoder
        .take(MAX_BODY as u64 + 1)
        .read_to_end(&mut inflated)
        .map_err(|e| TrackerError::Http(e.to_string()))?;
    if inflated.len() > MAX_BODY {
        return Err(TrackerError::TooLarge);
    }
    Ok(inflated.into())
}

fn http_error(error: hyper::Error) -> TrackerError {
    TrackerError::Http(error.to_string())
}
