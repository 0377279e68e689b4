//! `POST /api/torrents`.

use std::net::SocketAddr;

use axum::extract::{FromRequest, Multipart, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use engine::handle::AddTorrent;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wire::magnet::Magnet;
use wire::{InfoHash, Metainfo};

use crate::FrontError;
use crate::app::App;
use crate::error::Envelope;
use crate::routes::Shared;
use crate::routes::extract::{JSON_LIMIT, Search, TORRENT_LIMIT, json, media_type, read};
use crate::routes::shape::{Success, done};

/// A multipart body is the .torrent and some lines around it.
const MULTIPART_LIMIT: usize = TORRENT_LIMIT + JSON_LIMIT;
/// What this build can't do, and what to do instead.
const NEEDS_FILE: &str = "this build reads metadata from .torrent files only and does not know \
    this torrent yet: send the .torrent as application/x-bittorrent or in the multipart field \
    \"torrent\"";

/// How long to wait for metadata.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wait {
    /// Seconds, at most 60.
    #[serde(default = "five")]
    #[param(maximum = 60)]
    wait: u8,
}

fn five() -> u8 {
    5
}

/// A torrent by reference, and what goes for any.
#[derive(Deserialize, ToSchema, Default)]
#[serde(rename_all = "camelCase")]
pub struct AddRequest {
    magnet_uri: Option<String>,
    info_hash: Option<String>,
    url: Option<String>,
    /// Shown instead of the torrent's own.
    name: Option<String>,
    paused: Option<bool>,
    /// File indices the background downloads; absent: all, empty: none.
    selected_files: Option<Vec<usize>>,
    trackers: Option<Vec<String>>,
    /// `1.2.3.4:6881`, `[::1]:6881`
    #[schema(value_type = Option<Vec<String>>)]
    peers: Option<Vec<SocketAddr>>,
}

/// What adding came to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddAnswer {
    info_hash: String,
    name: String,
    /// It was there already.
    cached: bool,
    status: &'static str,
    files: Vec<AddedFile>,
    message: String,
}

/// A file of the torrent added.
#[derive(Serialize, ToSchema)]
pub struct AddedFile {
    index: usize,
    name: String,
    path: String,
    length: u64,
}

/// Add a torrent
///
/// A .torrent as `application/x-bittorrent` or in the field `torrent` of `multipart/form-data`.
/// A magnet or info hash, as JSON or `text/plain`, finds a torrent that is here already; new
/// trackers and peers are merged into it.
#[utoipa::path(post, path = "/api/torrents", tag = "torrents", params(Wait),
    request_body(content(
        (AddRequest = "application/json"),
        (Vec<u8> = "application/x-bittorrent"),
        (Vec<u8> = "multipart/form-data"),
        (String = "text/plain"),
    )),
    responses(
        (status = 201, description = "Added", body = Success<AddAnswer>),
        (status = 200, description = "Was there already", body = Success<AddAnswer>),
        (status = 400, description = "Not a torrent this build can add", body = Envelope),
        (status = 413, description = "Too large", body = Envelope),
        (status = 415, description = "Not a type this route reads", body = Envelope)))]
pub async fn add(
    State(app): Shared,
    Search(Wait { wait }): Search<Wait>,
    request: Request,
) -> Result<Response, FrontError> {
    if wait > 60 {
        return Err(FrontError::BadRequest("wait is at most 60 seconds".into()));
    }
    let add = match media_type(&request).as_str() {
        "application/x-bittorrent" => from_file(read(request, TORRENT_LIMIT).await?).await?,
        "multipart/form-data" => from_file(file_field(request).await?).await?,
        "application/json" => {
            let wanted: AddRequest = json(&read(request, JSON_LIMIT).await?)?;
            by_reference(&app, wanted).await?
        }
        "text/plain" => {
            let text = read(request, JSON_LIMIT).await?;
            by_reference(&app, reference(&text)?).await?
        }
        other => return Err(FrontError::UnsupportedType(other.to_owned())),
    };
    let added = app.engine.add(add).await?;
    let (status, message) = match added.existed {
        true => (StatusCode::OK, "the torrent was here already; new trackers and peers joined it"),
        false => (StatusCode::CREATED, "torrent added"),
    };
    let files = added.view.files.iter().map(|file| AddedFile {
        index: file.index,
        name: crate::routes::shape::name(file).to_owned(),
        path: file.path.clone(),
        length: file.length,
    });
    let answer = AddAnswer {
        info_hash: added.view.info_hash.to_string(),
        name: added.view.name.clone(),
        cached: added.existed,
        status: added.view.status.as_str(),
        files: files.collect(),
        message: message.to_owned(),
    };
    Ok((status, done(answer, message.to_owned())).into_response())
}

/// Parses off the runtime's threads: a large torrent has a million hashes.
async fn parse(bytes: Bytes) -> Result<Metainfo, FrontError> {
    let parsed = tokio::task::spawn_blocking(move || Metainfo::parse(&bytes)).await;
    let parsed = parsed.map_err(|_| FrontError::Internal)?;
    parsed.map_err(|error| FrontError::BadTorrent(error.to_string()))
}

async fn from_file(bytes: Bytes) -> Result<AddTorrent, FrontError> {
    Ok(AddTorrent::new(parse(bytes).await?))
}

/// The field `torrent` of a form.
async fn file_field(request: Request) -> Result<Bytes, FrontError> {
    let bad = |error: axum::extract::multipart::MultipartError| {
        FrontError::BadRequest(format!("not a form: {}", error.body_text()))
    };
    let mut whole = Request::new(axum::body::Body::empty());
    *whole.headers_mut() = request.headers().clone();
    *whole.body_mut() = read(request, MULTIPART_LIMIT).await?.into();
    let form = Multipart::from_request(whole, &()).await;
    let mut form = form.map_err(|rejection| FrontError::BadRequest(rejection.body_text()))?;
    while let Some(field) = form.next_field().await.map_err(bad)? {
        if field.name() == Some("torrent") {
            let bytes = field.bytes().await.map_err(bad)?;
            return match bytes.len() {
                0..=TORRENT_LIMIT => Ok(bytes),
                _ => Err(FrontError::TooLarge { limit: TORRENT_LIMIT }),
            };
        }
    }
    Err(FrontError::BadRequest("the form has no field \"torrent\" with the file".into()))
}

/// A magnet or hash as plain text.
fn reference(text: &[u8]) -> Result<AddRequest, FrontError> {
    let text = std::str::from_utf8(text).map_err(|_| FrontError::BadMagnet("not UTF-8".into()))?;
    let text = text.trim().to_owned();
    Ok(match InfoHash::parse(&text) {
        Some(_) => AddRequest { info_hash: Some(text), ..Default::default() },
        None => AddRequest { magnet_uri: Some(text), ..Default::default() },
    })
}

/// A torrent that is here already, named by magnet or hash.
async fn by_reference(app: &App, wanted: AddRequest) -> Result<AddTorrent, FrontError> {
    let mut trackers = wanted.trackers.unwrap_or_default();
    let mut peers = wanted.peers.unwrap_or_default();
    let info_hash = match (wanted.magnet_uri, wanted.info_hash, wanted.url) {
        (Some(uri), None, None) => {
            let magnet = Magnet::parse(&uri).map_err(|e| FrontError::BadMagnet(e.to_string()))?;
            trackers.extend(magnet.trackers);
            peers.extend(magnet.peers);
            magnet.info_hash
        }
        (None, Some(hash), None) => InfoHash::parse(&hash).ok_or_else(|| {
            let what = "infoHash: 40 hex digits or 32 base32 characters";
            FrontError::BadMagnet(what.into())
        })?,
        (None, None, Some(_)) => return Err(FrontError::BadTorrent(NEEDS_FILE.into())),
        _ => {
            let what = "give one of magnetUri, infoHash and url";
            return Err(FrontError::BadRequest(what.into()));
        }
    };
    let file = app.engine.torrent_file(info_hash).await.map_err(|error| match error {
        engine::EngineError::NoSuchTorrent(_) => FrontError::BadMagnet(NEEDS_FILE.into()),
        other => other.into(),
    })?;
    Ok(AddTorrent {
        name: wanted.name,
        paused: wanted.paused.unwrap_or(false),
        selected: wanted.selected_files,
        trackers,
        peers,
        ..AddTorrent::new(parse(file).await?)
    })
}
