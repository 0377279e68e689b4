//! A URL as a source: plain HTTP/1.1 with Range (RFC 9110, 14), a connection for each read.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT_ENCODING, CONNECTION, CONTENT_RANGE, HOST, LOCATION, RANGE, USER_AGENT};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use url::{Host, Url};
use wire::ByteRange;

use super::{HEAD, ProbeError, Source};

const MAX_REDIRECTS: usize = 5;

/// A server that sends nothing for so long is gone.
const IDLE: Duration = Duration::from_secs(30);

/// A file behind an `http:` URL whose server answers ranges.
#[derive(Debug, Clone)]
pub struct UrlSource {
    url: Url,
    len: u64,
    /// The first answer, which also told the length.
    head: Bytes,
}

impl UrlSource {
    /// Asks for the head of the file, following redirects.
    ///
    /// # Errors
    /// [`ProbeError::Url`] if the URL is not `http:`, the server refuses or does not answer
    /// ranges; [`ProbeError::Io`] if it can't be reached.
    pub async fn open(url: &str) -> Result<Self, ProbeError> {
        let bad = |text: String| ProbeError::Url(text);
        let mut url = Url::parse(url).map_err(|e| bad(format!("{url:?} is no URL: {e}")))?;
        for _ in 0..=MAX_REDIRECTS {
            if url.scheme() != "http" {
                let scheme = url.scheme();
                return Err(bad(format!("only http: URLs can be probed, not {scheme}:")));
            }
            let answer = ask(&url, ByteRange::new(0, HEAD)).await?;
            let status = answer.status();
            if status.is_redirection() {
                let to = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok());
                let next = to.and_then(|to| url.join(to).ok());
                url = next.ok_or_else(|| bad(format!("{url} redirects to nowhere")))?;
                continue;
            }
            if status == StatusCode::RANGE_NOT_SATISFIABLE {
                return Err(ProbeError::NotMedia);
            }
            let (range, len) = answered(&answer)
                .ok_or_else(|| bad(format!("{url} answered {status}, not the range asked for")))?;
            if range != ByteRange::new(0, HEAD.min(len)) {
                return Err(bad(format!("{url} answered another range than asked for")));
            }
            let head = body(answer, range.len()).await?;
            return Ok(Self { url, len, head });
        }
        Err(bad(format!("more than {MAX_REDIRECTS} redirects")))
    }
}

impl Source for UrlSource {
    fn len(&self) -> u64 {
        self.len
    }

    async fn read(&self, range: ByteRange) -> io::Result<Bytes> {
        let (start, end) = (usize::try_from(range.start), usize::try_from(range.end));
        if let (Ok(start), Ok(end)) = (start, end)
            && end <= self.head.len()
        {
            return Ok(self.head.slice(start..end));
        }
        let answer = ask(&self.url, range).await?;
        if answered(&answer) != Some((range, self.len)) {
            let text = format!("{} answered {}", self.url, answer.status());
            return Err(io::Error::other(text));
        }
        body(answer, range.len()).await
    }
}

/// Sends a GET for one range and awaits the answer's head.
async fn ask(url: &Url, range: ByteRange) -> io::Result<Response<Incoming>> {
    tokio::time::timeout(IDLE, ask_patiently(url, range))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

async fn ask_patiently(url: &Url, range: ByteRange) -> io::Result<Response<Incoming>> {
    let port = url.port_or_known_default().unwrap_or(80);
    let stream = match url.host() {
        Some(Host::Domain(name)) => TcpStream::connect((name, port)).await?,
        Some(Host::Ipv4(address)) => TcpStream::connect((address, port)).await?,
        Some(Host::Ipv6(address)) => TcpStream::connect((address, port)).await?,
        None => return Err(io::Error::other("a URL without a host")),
    };
    let shaken = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let last = range.end.saturating_sub(1);
    let request = Request::get(format!("{}{query}", url.path()))
        .header(HOST, host)
        .header(USER_AGENT, concat!("millrace/", env!("CARGO_PKG_VERSION")))
        .header(RANGE, format!("bytes={}-{last}", range.start))
        .header(ACCEPT_ENCODING, "identity")
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    sender.send_request(request).await.map_err(io::Error::other)
}

/// The range and the file's length of a 206 answer.
fn answered(answer: &Response<Incoming>) -> Option<(ByteRange, u64)> {
    if answer.status() != StatusCode::PARTIAL_CONTENT {
        return None;
    }
    let text = answer.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    let (range, len) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let end = last.parse::<u64>().ok()?.checked_add(1)?;
    let len = len.parse().ok()?;
    let range = ByteRange::new(first.parse().ok()?, end);
    (range.end <= len).then_some((range, len))
}

/// Exactly `len` bytes of an answer's body.
async fn body(answer: Response<Incoming>, len: u64) -> io::Result<Bytes> {
    let len = usize::try_from(len).map_err(io::Error::other)?;
    let mut body = answer.into_body();
    let mut taken = BytesMut::with_capacity(len);
    while taken.len() < len {
        let frame = tokio::time::timeout(IDLE, body.frame())
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
        let Some(frame) = frame else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
            taken.extend_from_slice(data.get(..data.len().min(len - taken.len())).unwrap_or(&[]));
        }
    }
    Ok(taken.freeze())
}
