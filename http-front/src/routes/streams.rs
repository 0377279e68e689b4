//! What can be streamed, and who streams.

use axum::Json;
use axum::extract::State;
use engine::EngineError;
use engine::view::StreamView;
use serde::Serialize;
use utoipa::ToSchema;

use crate::FrontError;
use crate::app::App;
use crate::error::Envelope;
use crate::media::types::{self, Kind};
use crate::routes::Shared;
use crate::routes::extract::{Params, info_hash};
use crate::routes::shape::{self, Success, ok, timestamp};

/// What of a torrent can be streamed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamInfo {
    info_hash: String,
    total_files: usize,
    video_files: usize,
    files: Vec<StreamFile>,
}

/// A file that can be streamed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamFile {
    index: usize,
    name: String,
    length: u64,
    stream_url: String,
    is_video: bool,
}

/// What of a torrent can be streamed
#[utoipa::path(get, path = "/stream/info/{infoHash}", tag = "streaming",
    params(("infoHash" = String, Path)),
    responses((status = 200, body = Success<StreamInfo>), (status = 404, body = Envelope)))]
pub async fn info(
    State(app): Shared,
    Params(hash): Params<String>,
) -> Result<Json<Success<StreamInfo>>, FrontError> {
    let view = app.engine.torrent(info_hash(&hash)?).await?;
    let files: Vec<_> = view
        .files
        .iter()
        .map(|file| StreamFile {
            index: file.index,
            name: shape::name(file).to_owned(),
            length: file.length,
            stream_url: shape::stream_url(view.info_hash, file.index),
            is_video: types::kind(&file.path) == Kind::Video,
        })
        .collect();
    Ok(ok(StreamInfo {
        info_hash: view.info_hash.to_string(),
        total_files: files.len(),
        video_files: files.iter().filter(|file| file.is_video).count(),
        files,
    }))
}

/// One live connection.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stream {
    id: u64,
    viewer: String,
    info_hash: String,
    file_index: usize,
    client: String,
    agent: String,
    position: u64,
    bytes_sent: u64,
    buffered_ahead: u64,
    /// Bytes of the pieces in memory that its window holds.
    ram_used: u64,
    /// `probe`, `index`, `seek`, `sequential` or `idle`.
    kind: &'static str,
    started_at: String,
    /// Bits a second at which it is played there; unknown until the container is probed.
    bitrate: Option<u64>,
    stalled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stall_reason: Option<String>,
}

impl From<StreamView> for Stream {
    fn from(view: StreamView) -> Self {
        Self {
            id: view.id,
            viewer: view.label.viewer,
            info_hash: view.info_hash.to_string(),
            file_index: view.file_index,
            client: view.label.client,
            agent: view.label.agent,
            position: view.position,
            bytes_sent: view.bytes_sent,
            buffered_ahead: view.buffered_ahead,
            ram_used: view.ram_used,
            kind: view.kind.as_str(),
            started_at: timestamp(view.started_at),
            bitrate: view.bitrate,
            stalled: view.stalled.is_some(),
            stall_reason: view.stalled,
        }
    }
}

/// Live connections
#[utoipa::path(get, path = "/streams", tag = "streaming",
    responses((status = 200, body = Vec<Stream>)))]
pub async fn live(State(app): Shared) -> Result<Json<Vec<Stream>>, FrontError> {
    Ok(Json(watched(&app).await?.into_iter().map(Stream::from).collect()))
}

/// The streams that somebody watches; probes and ffmpeg read without a viewer.
///
/// # Errors
/// Only when the engine is gone.
pub async fn watched(app: &App) -> Result<Vec<StreamView>, EngineError> {
    let mut views = app.engine.streams().await?;
    views.retain(|view| !view.label.viewer.is_empty());
    Ok(views)
}
