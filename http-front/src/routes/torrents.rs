//! Torrents looked at and removed.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use engine::view::{DhtView, TorrentView};
use http::HeaderMap;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HOST};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wire::InfoHash;

use crate::FrontError;
use crate::app::App;
use crate::error::Envelope;
use crate::media::disposition::attachment;
use crate::media::playlist::{self, Entry};
use crate::media::types::{self, Kind};
use crate::routes::Shared;
use crate::routes::extract::{Params, Search, flag, info_hash};
use crate::routes::links;
use crate::routes::shape::{self, Brief, Full, Success, done, ok};

/// Every torrent, and the sums.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct List {
    total: usize,
    download_speed: u64,
    upload_speed: u64,
    torrents: Vec<Brief>,
    dht: Dht,
}

/// The DHT, as far as there is one.
#[derive(Serialize, ToSchema, Default)]
pub struct Dht {
    enabled: bool,
    nodes: usize,
}

impl From<&DhtView> for Dht {
    fn from(view: &DhtView) -> Self {
        Self { enabled: view.enabled, nodes: view.nodes }
    }
}

/// Bytes a second in and out, all torrents together.
pub fn speeds(views: &[TorrentView]) -> (u64, u64) {
    let sum = |(down, up), view: &TorrentView| (down + view.download_speed, up + view.upload_speed);
    views.iter().fold((0, 0), sum)
}

/// All torrents
#[utoipa::path(get, path = "/api/torrents", tag = "torrents",
    responses((status = 200, body = Success<List>)))]
pub async fn list(State(app): Shared) -> Result<Json<Success<List>>, FrontError> {
    let views = app.engine.list().await?;
    let dht = Dht::from(&app.engine.status().await?.dht);
    let (download_speed, upload_speed) = speeds(&views);
    let torrents = views.iter().map(Brief::from).collect();
    Ok(ok(List { total: views.len(), download_speed, upload_speed, torrents, dht }))
}

/// One torrent
#[utoipa::path(get, path = "/api/torrents/{infoHash}", tag = "torrents",
    params(("infoHash" = String, Path)),
    responses((status = 200, body = Success<Full>), (status = 404, body = Envelope)))]
pub async fn one(
    State(app): Shared,
    Params(hash): Params<String>,
) -> Result<Json<Success<Full>>, FrontError> {
    let view = app.engine.torrent(info_hash(&hash)?).await?;
    Ok(ok(Full::from(&view)))
}

/// What happens to the files.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct Removal {
    /// Delete what was downloaded.
    #[serde(default, alias = "delete_files", deserialize_with = "flag")]
    delete_files: bool,
}

/// What was removed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Removed {
    info_hash: String,
    deleted_files: bool,
}

/// Remove a torrent; its streams end
#[utoipa::path(delete, path = "/api/torrents/{infoHash}", tag = "torrents",
    params(("infoHash" = String, Path), Removal),
    responses((status = 200, body = Success<Removed>), (status = 404, body = Envelope)))]
pub async fn remove(
    State(app): Shared,
    Params(hash): Params<String>,
    Search(removal): Search<Removal>,
) -> Result<Json<Success<Removed>>, FrontError> {
    remove_it(&app, info_hash(&hash)?, removal).await
}

/// Removes a torrent, however it was named.
///
/// # Errors
/// There is none, or its files can't be deleted.
pub(super) async fn remove_it(
    app: &App,
    hash: InfoHash,
    Removal { delete_files }: Removal,
) -> Result<Json<Success<Removed>>, FrontError> {
    app.engine.remove(hash, delete_files).await?;
    let message = match delete_files {
        true => "torrent removed, files deleted",
        false => "torrent removed, files kept",
    };
    Ok(done(
        Removed { info_hash: hash.to_string(), deleted_files: delete_files },
        message.to_owned(),
    ))
}

/// A torrent's files.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Files {
    info_hash: String,
    files: Vec<shape::File>,
    count: usize,
}

/// Files of a torrent
#[utoipa::path(get, path = "/api/torrents/{infoHash}/files", tag = "torrents",
    params(("infoHash" = String, Path)),
    responses((status = 200, body = Success<Files>), (status = 404, body = Envelope)))]
pub async fn files(
    State(app): Shared,
    Params(hash): Params<String>,
) -> Result<Json<Success<Files>>, FrontError> {
    let view = app.engine.torrent(info_hash(&hash)?).await?;
    let files = shape::files(&view);
    Ok(ok(Files { info_hash: view.info_hash.to_string(), count: files.len(), files }))
}

/// Which pieces are verified.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pieces {
    count: u32,
    piece_length: u32,
    /// Base64 of the bitfield as BEP 3 sends it.
    have: String,
}

/// Verified pieces
#[utoipa::path(get, path = "/api/torrents/{infoHash}/pieces", tag = "torrents",
    params(("infoHash" = String, Path)),
    responses((status = 200, body = Success<Pieces>), (status = 404, body = Envelope)))]
pub async fn pieces(
    State(app): Shared,
    Params(hash): Params<String>,
) -> Result<Json<Success<Pieces>>, FrontError> {
    let hash = info_hash(&hash)?;
    let piece_length = app.engine.torrent(hash).await?.piece_length;
    let have = app.engine.pieces(hash).await?;
    Ok(ok(Pieces { count: have.pieces(), piece_length, have: BASE64.encode(have.as_wire()) }))
}

/// The .torrent file
#[utoipa::path(get, path = "/api/torrents/{infoHash}/torrent", tag = "torrents",
    params(("infoHash" = String, Path)),
    responses(
        (status = 200, content_type = "application/x-bittorrent", body = Vec<u8>),
        (status = 404, body = Envelope)))]
pub async fn torrent_file(
    State(app): Shared,
    Params(hash): Params<String>,
) -> Result<Response, FrontError> {
    let hash = info_hash(&hash)?;
    let name = app.engine.torrent(hash).await?.name;
    let bytes = app.engine.torrent_file(hash).await?;
    let disposition = attachment(&format!("{name}.torrent"));
    let headers =
        [(CONTENT_TYPE, "application/x-bittorrent"), (CONTENT_DISPOSITION, disposition.as_str())];
    Ok((headers, bytes).into_response())
}

/// The playable files as an M3U
#[utoipa::path(get, path = "/api/torrents/{infoHash}/playlist.m3u", tag = "torrents",
    params(("infoHash" = String, Path)),
    responses(
        (status = 200, content_type = "audio/x-mpegurl", body = String),
        (status = 404, body = Envelope)))]
pub async fn playlist(
    State(app): Shared,
    Params(hash): Params<String>,
    headers: HeaderMap,
) -> Result<Response, FrontError> {
    let view = app.engine.torrent(info_hash(&hash)?).await?;
    let base = links::base(&app, headers.get(HOST));
    let playable = |path: &str| matches!(types::kind(path), Kind::Video | Kind::Audio);
    let entries = view.files.iter().filter(|file| playable(&file.path)).map(|file| Entry {
        title: file.path.clone(),
        url: links::to_file(&app, &base, view.info_hash, file.index),
    });
    let text = playlist::m3u(entries.collect());
    Ok(([(CONTENT_TYPE, "audio/x-mpegurl; charset=utf-8")], text).into_response())
}
