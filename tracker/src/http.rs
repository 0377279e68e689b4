//! A bounded HTTP or HTTPS GET whose every hop passes the address policy: for announces, scrapes and
//! whatever else is fetched at a stranger's word.
//!
//! The host is resolved here and the connection goes to the very address that was checked (HOSTILE
//! 16). A redirect starts anew; one from `https` to `http` is refused (HOSTILE 50).

use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use flate2::read::{GzDecoder, ZlibDecoder};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, HOST, LOCATION, USER_AGENT};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use url::{Position, Url};

use crate::family::Family;
use crate::{TrackerError, resolve, tls};
use wire::AddressPolicy;

/// Redirects of a tracker followed before giving up.
pub const MAX_REDIRECTS: usize = 3;
/// Bytes of a tracker's answer, before and after inflation.
pub const MAX_BODY: usize = 1024 * 1024;
/// For everything: resolving, connecting, redirects, the whole body.
pub const TIMEOUT: Duration = Duration::from_secs(15);
/// For connecting to one address; as long again for TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The bounds of one fetch. The default is a tracker's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body, before and after inflation.
    pub max_body: usize,
    /// For everything: resolving, connecting, redirects, the whole body.
    pub timeout: Duration,
    /// Redirects followed before giving up.
    pub max_redirects: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_body: MAX_BODY, timeout: TIMEOUT, max_redirects: MAX_REDIRECTS }
    }
}

/// What a GET came to, after redirects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The HTTP status, which may be an error's.
    pub status: u16,
    /// The body, inflated, at most [`Limits::max_body`] bytes.
    pub body: Bytes,
}

/// What one hop came to.
enum Hop {
    Answer(HttpAnswer),
    Redirect(Url),
}

/// Whether [`fetch`] speaks this URL's scheme.
pub(crate) fn speaks(scheme: &str) -> bool {
    matches!(scheme, "http" | "https")
}

/// GETs a URL as a tracker is asked: [`fetch`] with the default [`Limits`].
///
/// # Errors
/// Those of [`fetch`].
pub async fn get(url: &Url, policy: &AddressPolicy) -> Result<HttpAnswer, TrackerError> {
    fetch(url, policy, &Limits::default()).await
}

/// GETs an `http` or `https` URL within its limits.
///
/// # Errors
/// [`TrackerError::Forbidden`] when the policy refuses every address of a hop's host,
/// [`TrackerError::UnsupportedScheme`] for a hop that is neither `http` nor `https`,
/// [`TrackerError::Downgrade`] for one from `https` to `http`, [`TrackerError::Tls`],
/// [`TrackerError::TooManyRedirects`], [`TrackerError::TooLarge`], [`TrackerError::Timeout`], and
/// the network's own failures. An HTTP error status is no error.
pub async fn fetch(
    url: &Url,
    policy: &AddressPolicy,
    limits: &Limits,
) -> Result<HttpAnswer, TrackerError> {
    let fetched = async {
        supported(url)?;
        let addresses = resolve::permitted_addresses(url, policy).await?;
        follow(url.clone(), addresses, None, policy, limits).await
    };
    tokio::time::timeout(limits.timeout, fetched).await.unwrap_or(Err(TrackerError::Timeout))
}

/// GETs a URL whose host was resolved to `addresses`, without a time limit of its own; redirects
/// are followed over `family` alone, where one is named.
pub(crate) async fn follow(
    mut url: Url,
    mut addresses: Vec<SocketAddr>,
    family: Option<Family>,
    policy: &AddressPolicy,
    limits: &Limits,
) -> Result<HttpAnswer, TrackerError> {
    for _ in 0..=limits.max_redirects {
        let next = match hop(&url, &addresses, limits.max_body).await? {
            Hop::Answer(answer) => return Ok(answer),
            Hop::Redirect(next) => next,
        };
        supported(&next)?;
        if url.scheme() == "https" && next.scheme() == "http" {
            return Err(TrackerError::Downgrade);
        }
        addresses = resolve::permitted_addresses(&next, policy).await?;
        if let Some(family) = family {
            addresses = family.only(&addresses);
        }
        url = next;
    }
    Err(TrackerError::TooManyRedirects)
}

fn supported(url: &Url) -> Result<(), TrackerError> {
    match url.scheme() {
        scheme if speaks(scheme) => Ok(()),
        other => Err(TrackerError::UnsupportedScheme(other.to_owned())),
    }
}

/// One request on one connection, which ends with it.
async fn hop(url: &Url, addresses: &[SocketAddr], max_body: usize) -> Result<Hop, TrackerError> {
    // Dropped with this function, which aborts the connection's task.
    let mut tasks = JoinSet::new();
    let mut sender = connect(url, addresses, &mut tasks).await?;
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
    let body = read_body(response.into_body(), max_body).await?;
    let encoding = encoding.as_ref().map(|value| value.as_bytes());
    Ok(Hop::Answer(HttpAnswer {
        status: status.as_u16(),
        body: inflate(encoding, body, max_body)?,
    }))
}

/// Connects to the first address that accepts and speaks TLS as the URL's scheme has it; the
/// connection is driven by a task among `tasks`. A TLS failure is final: another address would be
/// the same host's.
async fn connect(
    url: &Url,
    addresses: &[SocketAddr],
    tasks: &mut JoinSet<hyper::Result<()>>,
) -> Result<SendRequest<Empty<Bytes>>, TrackerError> {
    let stream = connect_tcp(addresses).await?;
    if url.scheme() != "https" {
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(http_error)?;
        tasks.spawn(connection);
        return Ok(sender);
    }
    let stream = tokio::time::timeout(CONNECT_TIMEOUT, tls::wrap(url, stream))
        .await
        .unwrap_or(Err(TrackerError::Timeout))?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(http_error)?;
    tasks.spawn(connection);
    Ok(sender)
}

async fn connect_tcp(addresses: &[SocketAddr]) -> Result<TcpStream, TrackerError> {
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

async fn read_body(mut body: Incoming, max_body: usize) -> Result<Bytes, TrackerError> {
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(http_error)?;
        if let Some(data) = frame.data_ref() {
            if whole.len() + data.len() > max_body {
                return Err(TrackerError::TooLarge);
            }
            whole.extend_from_slice(data);
        }
    }
    Ok(whole.into())
}

/// Undoes `Content-Encoding`, stopping one byte past `max_body` however much there would be.
fn inflate(encoding: Option<&[u8]>, body: Bytes, max_body: usize) -> Result<Bytes, TrackerError> {
    let decoder: Box<dyn Read + '_> = match encoding {
        None | Some(b"identity" | b"") => return Ok(body),
        Some(b"gzip" | b"x-gzip") => Box::new(GzDecoder::new(body.as_ref())),
        Some(b"deflate") => Box::new(ZlibDecoder::new(body.as_ref())),
        Some(_) => return Err(TrackerError::Http("unknown content encoding".to_owned())),
    };
    let mut inflated = Vec::new();
    decoder
        .take(max_body as u64 + 1)
        .read_to_end(&mut inflated)
        .map_err(|e| TrackerError::Http(e.to_string()))?;
    if inflated.len() > max_body {
        return Err(TrackerError::TooLarge);
    }
    Ok(inflated.into())
}

fn http_error(error: hyper::Error) -> TrackerError {
    TrackerError::Http(error.to_string())
}
