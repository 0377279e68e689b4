//! A file answered: ranges, validators, headers, the first bytes waited for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Extension;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use engine::OpenStream;
use engine::view::{FileView, StreamLabel, TorrentView};
use futures_util::StreamExt;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, LAST_MODIFIED,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use wire::{ByteRange, InfoHash};

use crate::FrontError;
use crate::app::App;
use crate::doors::ClientAddress;
use crate::inputs::Broken;
use crate::media::body::{Blocks, Follower, MediaBody, Part, read};
use crate::media::conditional::{Precondition, Validators, http_date};
use crate::media::disposition::attachment;
use crate::media::multipart;
use crate::media::range::{Selection, select};
use crate::media::types;
use crate::playback::{follow, session};
use crate::probe;
use crate::routes::shape;
use crate::routes::stream::Wanted;

/// Headers follow the first byte, or go without it after this long.
const FIRST_BYTE: Duration = Duration::from_secs(10);

/// What a request for a file says beside its path.
pub(super) struct Asked<'a> {
    pub(super) app: &'a Arc<App>,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) client: ClientAddress,
    pub(super) wanted: Wanted,
    /// When the request came.
    pub(super) at: Instant,
    pub(super) reader: Reader,
}

/// What every route of files takes of a request.
pub(super) type Call = (Method, HeaderMap, Extension<ClientAddress>);

impl<'a> Asked<'a> {
    /// A request that came now.
    pub(super) fn new(app: &'a Arc<App>, call: Call, wanted: Wanted, reader: Reader) -> Self {
        let (method, headers, Extension(client)) = call;
        Self { app, method, headers, client, wanted, at: Instant::now(), reader }
    }
}

/// Who reads.
pub(super) enum Reader {
    /// A player.
    Viewer,
    /// ffmpeg, for viewers it does not know.
    Tool(Broken),
}

/// Answers a request for a file of a torrent whose metadata is known.
pub(super) async fn serve(view: &TorrentView, asked: Asked<'_>) -> Result<Response, FrontError> {
    let hash = view.info_hash;
    let file = choose(view, asked.wanted.file_index)?;
    let validators = Validators::new(hash, file.index, view.completed_at);
    let mut headers = common_headers(&asked, file, &validators)?;
    match validators.precondition(&asked.headers) {
        Precondition::Failed => return Err(FrontError::PreconditionFailed),
        Precondition::NotModified => {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        Precondition::Proceed => {}
    }
    if asked.method == Method::HEAD {
        let mime = types::by_name(&file.path).unwrap_or(types::OCTET_STREAM);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(file.length));
        return Ok((StatusCode::OK, headers, Body::empty()).into_response());
    }
    let selection = select(validators.range(&asked.headers), file.length);
    let (range, status) = match selection {
        Selection::Unsatisfiable => {
            return Err(FrontError::RangeNotSatisfiable { length: file.length });
        }
        Selection::Several(ranges) => return several(&asked, hash, file, headers, &ranges).await,
        Selection::Whole => (ByteRange::new(0, file.length), StatusCode::OK),
        Selection::One(range) => {
            headers.insert(CONTENT_RANGE, value(&content_range(range, file.length))?);
            (range, StatusCode::PARTIAL_CONTENT)
        }
    };
    let open = open(&asked, hash, file.index, range);
    let parts = if range.is_empty() { Vec::new() } else { vec![Part::File(range)] };
    let (first, blocks) = start(asked.app, open, parts).await?;
    let head = first.as_deref().filter(|_| range.start == 0).unwrap_or_default();
    let mime =
        types::by_name(&file.path).or_else(|| probe::sniff(head)).unwrap_or(types::OCTET_STREAM);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(range.len()));
    let follower = follower(&asked, hash, file.index, range.start);
    let body = MediaBody::new(first, blocks, range.len()).followed(follower);
    Ok((status, headers, Body::new(body)).into_response())
}

/// 206 as `multipart/byteranges` (RFC 9110 §14.6).
async fn several(
    asked: &Asked<'_>,
    hash: InfoHash,
    file: &FileView,
    mut headers: HeaderMap,
    ranges: &[ByteRange],
) -> Result<Response, FrontError> {
    let mime = types::by_name(&file.path).unwrap_or(types::OCTET_STREAM);
    let boundary = format!("{:032x}", rand::random::<u128>());
    let message = multipart::byteranges(ranges, file.length, mime, &boundary);
    let open = open(asked, hash, file.index, ByteRange::new(0, 0));
    // The first part's own head is there at once: what is waited for stands behind it.
    let mut parts = message.parts.into_iter();
    let lead = match parts.next() {
        Some(Part::Text(text)) => text,
        _ => return Err(FrontError::Internal),
    };
    let (first, blocks) = start(asked.app, open, parts.collect()).await?;
    let blocks = futures_util::stream::iter(first.map(Ok)).chain(blocks);
    let multipart = format!("multipart/byteranges; boundary={boundary}");
    headers.insert(CONTENT_TYPE, value(&multipart)?);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(message.length));
    let body = MediaBody::new(Some(lead), Box::pin(blocks), message.length);
    Ok((StatusCode::PARTIAL_CONTENT, headers, Body::new(body)).into_response())
}

/// Opens the stream and waits for its first bytes, but not forever: a player that gets headers
/// keeps waiting.
async fn start(
    app: &App,
    open: OpenStream,
    parts: Vec<Part>,
) -> Result<(Option<Bytes>, Blocks), FrontError> {
    let mut blocks = read(app.engine.clone(), open, parts);
    match tokio::time::timeout(FIRST_BYTE, blocks.next()).await {
        Ok(Some(Ok(first))) => Ok((Some(first), blocks)),
        Ok(Some(Err(error))) => Err(error.into()),
        Ok(None) | Err(_) => Ok((None, blocks)),
    }
}

/// The file wanted, or the largest playable one, or the largest.
///
/// # Errors
/// [`engine::EngineError::NoSuchFile`].
pub fn choose(view: &TorrentView, wanted: Option<usize>) -> Result<&FileView, FrontError> {
    let files = view.files.iter().map(|file| (file.path.as_str(), file.length));
    let index = wanted.or_else(|| types::default_file(files)).unwrap_or(0);
    Ok(shape::file_of(view, index)?)
}

fn common_headers(
    asked: &Asked<'_>,
    file: &FileView,
    validators: &Validators,
) -> Result<HeaderMap, FrontError> {
    let mut headers = HeaderMap::new();
    let caching = match asked.app.doors.auth {
        Some(_) => "private, max-age=3600",
        None => "public, max-age=3600",
    };
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(ETAG, value(&validators.etag)?);
    if let Some(date) = validators.last_modified.and_then(http_date) {
        headers.insert(LAST_MODIFIED, value(&date)?);
    }
    if asked.wanted.download {
        headers.insert(CONTENT_DISPOSITION, value(&attachment(shape::name(file)))?);
    }
    dlna(&asked.headers, &mut headers);
    Ok(headers)
}

/// What DLNA players ask about and want to hear before they seek.
fn dlna(asked: &HeaderMap, headers: &mut HeaderMap) {
    const FEATURES: HeaderName = HeaderName::from_static("contentfeatures.dlna.org");
    const MODE: HeaderName = HeaderName::from_static("transfermode.dlna.org");
    if asked.contains_key("getcontentfeatures.dlna.org") {
        // OP=01: seeks by bytes; CI=0: as it is; the flags say streaming, background, DLNA 1.5.
        let features = "DLNA.ORG_OP=01;DLNA.ORG_CI=0;\
            DLNA.ORG_FLAGS=01700000000000000000000000000000";
        headers.insert(FEATURES, HeaderValue::from_static(features));
    }
    if asked.contains_key(&MODE) {
        headers.insert(MODE, HeaderValue::from_static("Streaming"));
    }
}

fn open(asked: &Asked<'_>, info_hash: InfoHash, file_index: usize, range: ByteRange) -> OpenStream {
    if let Reader::Tool(_) = asked.reader {
        return OpenStream { info_hash, file_index, range, label: StreamLabel::default() };
    }
    let (client, agent) = (asked.client.0, session::agent(&asked.headers));
    let viewer = session::viewer(&asked.headers, client.ip());
    let trace = format!("{:016x}", rand::random::<u64>());
    let (client, asked) = (client.to_string(), Some(asked.at));
    let label = StreamLabel { viewer, client, agent, trace, asked };
    OpenStream { info_hash, file_index, range, label }
}

/// A player that keeps no session of ours is followed: our page says itself where it is.
fn follower(
    asked: &Asked<'_>,
    info_hash: InfoHash,
    file_index: usize,
    from: u64,
) -> Option<Follower> {
    if let Reader::Tool(broken) = &asked.reader {
        return Some(Follower::Tool(Broken::clone(broken)));
    }
    if asked.wanted.download || session::of_cookie(&asked.headers).is_some() {
        return None;
    }
    let app = Arc::clone(asked.app);
    let viewer = session::viewer(&asked.headers, asked.client.0.ip());
    let followed = follow::Followed { app, info_hash, file_index, viewer, from };
    Some(Follower::Player(followed.follow()))
}

fn content_range(range: ByteRange, length: u64) -> String {
    format!("bytes {}-{}/{length}", range.start, range.end.saturating_sub(1))
}

fn value(text: &str) -> Result<HeaderValue, FrontError> {
    HeaderValue::from_str(text).map_err(|_| FrontError::Internal)
}
