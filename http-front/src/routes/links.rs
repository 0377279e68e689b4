//! Links for players and TVs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::State;
use http::header::HOST;
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wire::InfoHash;

use crate::FrontError;
use crate::app::App;
use crate::error::Envelope;
use crate::routes::Shared;
use crate::routes::extract::{JsonBody, info_hash};
use crate::routes::shape::{stream_url, timestamp};

/// How long a link holds when nothing is said: a day.
const DEFAULT_TTL: u64 = 24 * 3600;
/// The longest a link can hold: 30 days.
const MAX_TTL: u64 = 30 * 24 * 3600;

/// Which file to link to.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkRequest {
    #[serde(alias = "info_hash")]
    info_hash: String,
    #[serde(alias = "file_index")]
    file_index: usize,
    /// Seconds, 1 to 2592000; a day when absent.
    #[schema(minimum = 1, maximum = 2_592_000)]
    ttl: Option<u64>,
}

/// A link to one file's stream.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    url: String,
    expires_at: String,
}

/// A signed link to one file
#[utoipa::path(post, path = "/api/links", tag = "streaming", request_body = LinkRequest,
    responses((status = 200, body = Link), (status = 400, body = Envelope),
        (status = 404, body = Envelope)))]
pub async fn sign(
    State(app): Shared,
    headers: HeaderMap,
    JsonBody(wanted): JsonBody<LinkRequest>,
) -> Result<Json<Link>, FrontError> {
    let hash = info_hash(&wanted.info_hash)?;
    let ttl = wanted.ttl.unwrap_or(DEFAULT_TTL);
    if !(1..=MAX_TTL).contains(&ttl) {
        return Err(FrontError::BadRequest(format!("ttl: 1 to {MAX_TTL} seconds")));
    }
    let files = app.engine.torrent(hash).await?.files.len();
    if wanted.file_index >= files {
        return Err(engine::EngineError::NoSuchFile { info_hash: hash, files }.into());
    }
    let expires = SystemTime::now() + Duration::from_secs(ttl);
    let base = base(&app, headers.get(HOST));
    let url = signed(&app, &base, hash, wanted.file_index, expires);
    Ok(Json(Link { url, expires_at: timestamp(expires) }))
}

/// Scheme and authority of absolute links: as configured, else as the client reached us.
pub fn base(app: &App, host: Option<&HeaderValue>) -> String {
    let configured = app.public_base_url.as_ref().map(|base| base.trim_end_matches('/').to_owned());
    configured.unwrap_or_else(|| {
        let host = host.and_then(|host| host.to_str().ok());
        let own = || format!("127.0.0.1:{}", app.port);
        format!("http://{}", host.map_or_else(own, str::to_owned))
    })
}

/// An absolute link to a file's stream; signed for a day when there is a password.
pub fn to_file(app: &App, base: &str, hash: InfoHash, index: usize) -> String {
    match app.doors.auth {
        Some(_) => {
            let expires = SystemTime::now() + Duration::from_secs(DEFAULT_TTL);
            signed(app, base, hash, index, expires)
        }
        None => format!("{base}{}", stream_url(hash, index)),
    }
}

fn signed(app: &App, base: &str, hash: InfoHash, index: usize, expires: SystemTime) -> String {
    let seconds = expires.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let signature = app.doors.links.sign(hash, index, seconds);
    format!("{base}{}&{signature}", stream_url(hash, index))
}
