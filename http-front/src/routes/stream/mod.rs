//! Files as bytes: `/stream…` and `/api/stream`, by info hash, magnet or source.
//!
//! | module | concept |
//! | --- | --- |
//! | this one | the routes: what names the file |
//! | [`input`] | `/internal/…`: what ffmpeg reads |
//! | [`modes`] | `/api/stream/{id}/{fileIndex}`: bytes or HLS |
//! | `serve` | the answer |

pub mod input;
pub mod modes;
mod serve;

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderValue, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wire::{InfoHash, Magnet};

use crate::FrontError;
use crate::doors::Origin;
use crate::error::Envelope;
use crate::routes::extract::{Params, Search, flag, info_hash};
use crate::routes::stream::serve::{Asked, Call, Reader, serve};
use crate::routes::{Shared, magnet, shape};

pub use serve::choose;

/// Which file, and how.
#[derive(Deserialize, IntoParams, Default)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Absent: the largest playable file, else the largest.
    #[serde(alias = "file_index")]
    file_index: Option<usize>,
    /// Save rather than play.
    #[serde(default, deserialize_with = "flag")]
    download: bool,
}

/// Stream a file
///
/// Ranges, validators and `HEAD` as in RFC 9110. The first byte may wait for peers.
#[utoipa::path(method(get, head), path = "/stream/proxy/{infoHash}", tag = "streaming",
    params(("infoHash" = String, Path), Wanted),
    responses(
        (status = 200, description = "The file", content_type = "*/*", body = Vec<u8>),
        (status = 206, description = "One range, or several as multipart/byteranges"),
        (status = 304, description = "The client has it"),
        (status = 404, body = Envelope), (status = 416, body = Envelope)))]
pub async fn proxy(
    State(app): Shared,
    Params(hash): Params<String>,
    Search(wanted): Search<Wanted>,
    call: Call,
) -> Result<Response, FrontError> {
    by_hash(info_hash(&hash)?, Asked::new(&app, call, wanted, Reader::Viewer)).await
}

/// Where a file streams
#[utoipa::path(method(get, head), path = "/stream/file/{infoHash}/{fileIndex}", tag = "streaming",
    params(("infoHash" = String, Path), ("fileIndex" = usize, Path)),
    responses((status = 302, description = "To /stream/proxy"), (status = 400, body = Envelope)))]
pub async fn redirect(
    Params((hash, index)): Params<(String, usize)>,
    uri: Uri,
) -> Result<Response, FrontError> {
    let mut target = shape::stream_url(info_hash(&hash)?, index);
    // What else was asked, a signature above all, holds there too.
    let kept = uri.query().into_iter().flat_map(|query| query.split('&'));
    for pair in kept.filter(|pair| !pair.is_empty() && !pair.starts_with("file")) {
        target.push('&');
        target.push_str(pair);
    }
    let target = HeaderValue::from_str(&target);
    let target = target.map_err(|_| FrontError::BadRequest("a malformed query".into()))?;
    Ok((StatusCode::FOUND, [(LOCATION, target)]).into_response())
}

/// Stream a file under a name of the client's choice
#[utoipa::path(method(get, head), path = "/stream/file/{infoHash}/{fileIndex}/{name}",
    tag = "streaming",
    params(("infoHash" = String, Path), ("fileIndex" = usize, Path), ("name" = String, Path)),
    responses(
        (status = 200, description = "The file", content_type = "*/*", body = Vec<u8>),
        (status = 206, description = "One range, or several as multipart/byteranges"),
        (status = 404, body = Envelope), (status = 416, body = Envelope)))]
pub async fn named(
    State(app): Shared,
    Params((hash, index, _name)): Params<(String, usize, String)>,
    Search(wanted): Search<Wanted>,
    call: Call,
) -> Result<Response, FrontError> {
    let wanted = Wanted { file_index: Some(index), ..wanted };
    by_hash(info_hash(&hash)?, Asked::new(&app, call, wanted, Reader::Viewer)).await
}

/// The answer once the metadata is known, for which it waits.
async fn by_hash(hash: InfoHash, asked: Asked<'_>) -> Result<Response, FrontError> {
    let view = asked.app.engine.torrent(hash).await?;
    serve(&magnet::known(asked.app, view).await?, asked).await
}

/// What names the torrent: one of the two.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct Named {
    /// A magnet link of at most 8 KiB; the torrent is added if it is not here.
    magnet: Option<String>,
    /// What `POST /api/sources` answered.
    #[serde(alias = "source_key")]
    source_key: Option<String>,
}

/// By what a request names a torrent.
enum Name {
    Magnet(Magnet),
    Source(InfoHash),
}

impl Named {
    fn one(&self) -> Result<Name, FrontError> {
        match (&self.magnet, &self.source_key) {
            (Some(uri), None) => magnet::parse(uri).map(Name::Magnet),
            (None, Some(key)) => info_hash(key).map(Name::Source),
            _ => Err(FrontError::BadRequest("give one of magnet and sourceKey".into())),
        }
    }
}

async fn by_name(name: Name, asks: Origin, asked: Asked<'_>) -> Result<Response, FrontError> {
    match name {
        Name::Source(hash) => by_hash(hash, asked).await,
        Name::Magnet(link) => serve(&magnet::torrent(asked.app, link, asks).await?, asked).await,
    }
}

/// Stream a file by magnet or source
///
/// A magnet's torrent is added if it is not here, and its metadata waited for, at most a minute.
#[utoipa::path(method(get, head), path = "/stream", tag = "streaming", params(Named, Wanted),
    responses(
        (status = 200, description = "The file", content_type = "*/*", body = Vec<u8>),
        (status = 206, description = "One range, or several as multipart/byteranges"),
        (status = 400, body = Envelope), (status = 404, body = Envelope),
        (status = 416, body = Envelope),
        (status = 504, description = "No peer, or none that sent metadata", body = Envelope)))]
pub async fn named_by_query(
    State(app): Shared,
    Search(named): Search<Named>,
    Search(wanted): Search<Wanted>,
    call: Call,
    Extension(asks): Extension<Origin>,
) -> Result<Response, FrontError> {
    by_name(named.one()?, asks, Asked::new(&app, call, wanted, Reader::Viewer)).await
}

/// Stream the largest playable file of a magnet
#[utoipa::path(method(get, head), path = "/api/stream", tag = "streaming", params(Named, Wanted),
    responses(
        (status = 200, description = "The file", content_type = "*/*", body = Vec<u8>),
        (status = 206, description = "One range, or several as multipart/byteranges"),
        (status = 400, body = Envelope), (status = 404, body = Envelope),
        (status = 416, body = Envelope),
        (status = 504, description = "No peer, or none that sent metadata", body = Envelope)))]
pub async fn api_stream(
    state: Shared,
    named: Search<Named>,
    wanted: Search<Wanted>,
    call: Call,
    asks: Extension<Origin>,
) -> Result<Response, FrontError> {
    named_by_query(state, named, wanted, call, asks).await
}

/// How many streams were ended.
#[derive(Serialize, ToSchema)]
pub struct Stopped {
    stopped: usize,
}

/// End the streams of a file, or of a whole torrent
#[utoipa::path(delete, path = "/stream", tag = "streaming", params(Named, Wanted),
    responses((status = 200, body = Stopped), (status = 400, body = Envelope),
        (status = 404, body = Envelope)))]
pub async fn stop(
    State(app): Shared,
    Search(named): Search<Named>,
    Search(wanted): Search<Wanted>,
) -> Result<Json<Stopped>, FrontError> {
    let hash = match named.one()? {
        Name::Magnet(link) => link.info_hash,
        Name::Source(hash) => hash,
    };
    let stopped = app.engine.stop_streams(hash, wanted.file_index).await?;
    Ok(Json(Stopped { stopped }))
}
