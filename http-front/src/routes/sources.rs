//! Sources: torrents under the name that players of the plan API give them.

use axum::Json;
use axum::extract::{Request, State};
use data_encoding::BASE64_NOPAD;
use engine::AddTorrent;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::FrontError;
use crate::error::Envelope;
use crate::routes::add::body::parse;
use crate::routes::extract::{Params, Search, TORRENT_LIMIT, info_hash, json, read};
use crate::routes::stream::choose;
use crate::routes::{Shared, magnet};

/// A .torrent of 10 MiB in base64, and the JSON around it.
const SOURCE_LIMIT: usize = 14 * 1024 * 1024;

/// What to register.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceRequest {
    source_type: SourceType,
    /// A magnet link, or the base64 of a .torrent.
    source: String,
}

/// `magnet` or `torrent`.
#[derive(Deserialize, ToSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum SourceType {
    /// A magnet link or info hash.
    Magnet,
    /// A .torrent in base64.
    Torrent,
}

/// The name it goes by: its info hash.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceAnswer {
    source_key: String,
}

/// Register a source
///
/// Adds the torrent and answers at once; its metadata may come later.
#[utoipa::path(post, path = "/api/sources", tag = "playback", request_body = SourceRequest,
    responses((status = 200, body = SourceAnswer), (status = 400, body = Envelope),
        (status = 413, body = Envelope)))]
pub async fn register(
    State(app): Shared,
    request: Request,
) -> Result<Json<SourceAnswer>, FrontError> {
    let wanted: SourceRequest = json(&read(request, SOURCE_LIMIT).await?)?;
    let add = match wanted.source_type {
        SourceType::Magnet => AddTorrent::magnet(magnet::parse(&wanted.source)?),
        SourceType::Torrent => AddTorrent::new(parse(decode(&wanted.source)?.into()).await?),
    };
    let added = app.engine.add(add).await?;
    Ok(Json(SourceAnswer { source_key: added.view.info_hash.to_string() }))
}

/// Base64 with or without padding and line breaks.
fn decode(text: &str) -> Result<Vec<u8>, FrontError> {
    let bare: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=').collect();
    let decoded = BASE64_NOPAD
        .decode(&bare)
        .map_err(|error| FrontError::BadTorrent(format!("source: not base64: {error}")))?;
    match decoded.len() {
        0..=TORRENT_LIMIT => Ok(decoded),
        _ => Err(FrontError::TooLarge { limit: TORRENT_LIMIT }),
    }
}

/// Which file.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct StatsWanted {
    /// Absent: the largest playable file, else the largest.
    #[serde(alias = "file_index")]
    file_index: Option<usize>,
}

/// How a source is coming in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceStats {
    num_peers: usize,
    /// Bytes a second.
    download_speed: u64,
    /// Bytes a second.
    upload_speed: u64,
    /// 0 to 1.
    file_progress: f64,
    file_downloaded: u64,
    /// 0 until the metadata is known.
    file_length: u64,
}

/// How a source is coming in
#[utoipa::path(get, path = "/api/sources/{sourceKey}/stats", tag = "playback",
    params(("sourceKey" = String, Path), StatsWanted),
    responses((status = 200, body = SourceStats), (status = 404, body = Envelope)))]
pub async fn stats(
    State(app): Shared,
    Params(key): Params<String>,
    Search(wanted): Search<StatsWanted>,
) -> Result<Json<SourceStats>, FrontError> {
    let view = app.engine.torrent(info_hash(&key)?).await?;
    let (downloaded, length) = match view.metadata {
        true => choose(&view, wanted.file_index).map(|file| (file.downloaded, file.length))?,
        false => (0, 0),
    };
    let whole = view.metadata && length == 0;
    Ok(Json(SourceStats {
        num_peers: view.peers,
        download_speed: view.download_speed,
        upload_speed: view.upload_speed,
        file_progress: if whole { 1.0 } else { downloaded as f64 / (length.max(1)) as f64 },
        file_downloaded: downloaded,
        file_length: length,
    }))
}
