//! Torrents steered.

use axum::Json;
use axum::extract::State;
use engine::view::{Priority, TorrentView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::FrontError;
use crate::error::Envelope;
use crate::routes::Shared;
use crate::routes::extract::{JsonBody, Params, info_hash};
use crate::routes::shape::{Success, ok};

/// Where a torrent stands after an order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    info_hash: String,
    status: &'static str,
}

type Answer = Result<Json<Success<Standing>>, FrontError>;

fn standing(view: &TorrentView) -> Json<Success<Standing>> {
    ok(Standing { info_hash: view.info_hash.to_string(), status: view.status.as_str() })
}

/// Which files the background downloads.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SelectRequest {
    /// File indices; the others still stream.
    selected_files: Vec<usize>,
}

/// Choose what the background downloads
#[utoipa::path(put, path = "/api/torrents/{infoHash}/files", tag = "torrents",
    params(("infoHash" = String, Path)), request_body = SelectRequest,
    responses((status = 200, body = Success<Standing>), (status = 404, body = Envelope)))]
pub async fn select(
    State(app): Shared,
    Params(hash): Params<String>,
    JsonBody(wanted): JsonBody<SelectRequest>,
) -> Answer {
    Ok(standing(&app.engine.select(info_hash(&hash)?, wanted.selected_files).await?))
}

/// Pause
#[utoipa::path(put, path = "/api/torrents/{infoHash}/pause", tag = "torrents",
    params(("infoHash" = String, Path)),
    responses((status = 200, body = Success<Standing>), (status = 404, body = Envelope)))]
pub async fn pause(State(app): Shared, Params(hash): Params<String>) -> Answer {
    Ok(standing(&app.engine.pause(info_hash(&hash)?).await?))
}

/// Go on
#[utoipa::path(put, path = "/api/torrents/{infoHash}/resume", tag = "torrents",
    params(("infoHash" = String, Path)),
    responses((status = 200, body = Success<Standing>), (status = 404, body = Envelope)))]
pub async fn resume(State(app): Shared, Params(hash): Params<String>) -> Answer {
    Ok(standing(&app.engine.resume(info_hash(&hash)?).await?))
}

/// Hash what is on disk again
#[utoipa::path(put, path = "/api/torrents/{infoHash}/recheck", tag = "torrents",
    params(("infoHash" = String, Path)),
    responses((status = 200, body = Success<Standing>), (status = 404, body = Envelope),
        (status = 409, body = Envelope)))]
pub async fn recheck(State(app): Shared, Params(hash): Params<String>) -> Answer {
    Ok(standing(&app.engine.recheck(info_hash(&hash)?).await?))
}

/// Ask the trackers now
#[utoipa::path(put, path = "/api/torrents/{infoHash}/reannounce", tag = "torrents",
    params(("infoHash" = String, Path)),
    responses((status = 200, body = Success<Standing>), (status = 404, body = Envelope)))]
pub async fn reannounce(State(app): Shared, Params(hash): Params<String>) -> Answer {
    Ok(standing(&app.engine.reannounce(info_hash(&hash)?).await?))
}

/// A torrent's own limits, beside those of the whole server.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LimitsRequest {
    /// Bytes a second in; 0 is none of its own.
    max_download_speed: u64,
    /// Bytes a second out; 0 is none of its own.
    max_upload_speed: u64,
}

/// Limit what a torrent receives and sends
#[utoipa::path(put, path = "/api/torrents/{infoHash}/limits", tag = "torrents",
    params(("infoHash" = String, Path)), request_body = LimitsRequest,
    responses((status = 200, body = Success<Standing>), (status = 404, body = Envelope)))]
pub async fn limits(
    State(app): Shared,
    Params(hash): Params<String>,
    JsonBody(wanted): JsonBody<LimitsRequest>,
) -> Answer {
    let (down, up) = (wanted.max_download_speed, wanted.max_upload_speed);
    Ok(standing(&app.engine.set_limits(info_hash(&hash)?, down, up).await?))
}

/// Rank among background downloads.
#[derive(Deserialize, ToSchema)]
pub struct PriorityRequest {
    priority: Rank,
}

/// `low`, `normal` or `high`.
#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub enum Rank {
    /// After the others.
    Low,
    /// As most.
    Normal,
    /// Before the others.
    High,
}

/// Rank among background downloads
#[utoipa::path(put, path = "/api/torrents/{infoHash}/priority", tag = "torrents",
    params(("infoHash" = String, Path)), request_body = PriorityRequest,
    responses((status = 200, body = Success<Standing>), (status = 404, body = Envelope)))]
pub async fn priority(
    State(app): Shared,
    Params(hash): Params<String>,
    JsonBody(wanted): JsonBody<PriorityRequest>,
) -> Answer {
    let priority = match wanted.priority {
        Rank::Low => Priority::Low,
        Rank::Normal => Priority::Normal,
        Rank::High => Priority::High,
    };
    Ok(standing(&app.engine.set_priority(info_hash(&hash)?, priority).await?))
}
