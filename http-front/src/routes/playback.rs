//! `/api/playback/…`, `/api/history`, `/api/popular`.

use std::collections::HashMap;
use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, State};
use engine::Watched;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::FrontError;
use crate::app::App;
use crate::doors::ClientAddress;
use crate::error::Envelope;
use crate::playback::position::{self, Progress};
use crate::playback::session;
use crate::routes::Shared;
use crate::routes::extract::{JsonBody, Params, info_hash};
use crate::routes::shape::{self, timestamp};

/// The longest film, in seconds.
const LONGEST: f64 = 10_000_000.0;

/// Where a viewer is.
#[derive(Deserialize, ToSchema)]
pub struct Position {
    /// Seconds from the film's start.
    #[schema(minimum = 0, maximum = 10_000_000)]
    position_sec: f64,
    /// How long the film is; absent leaves what is known.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 10_000_000)]
    duration_sec: Option<f64>,
}

/// Where a file was left
#[utoipa::path(get, path = "/api/playback/{id}/{fileIndex}/progress", tag = "playback",
    params(("id" = String, Path, description = "Info hash"), ("fileIndex" = usize, Path)),
    responses((status = 200, body = Progress), (status = 404, body = Envelope)))]
pub async fn progress(
    State(app): Shared,
    Params((id, file)): Params<(String, usize)>,
) -> Result<Json<Progress>, FrontError> {
    let view = app.engine.torrent(info_hash(&id)?).await?;
    shape::file_of(&view, file)?;
    let saved = position::saved(&app.engine, view.info_hash, file).await?;
    Ok(Json(Progress::of(view.info_hash, file, saved.as_ref())))
}

/// Save where a file is left
///
/// On disk when it is answered.
#[utoipa::path(put, path = "/api/playback/{id}/{fileIndex}/progress", tag = "playback",
    params(("id" = String, Path, description = "Info hash"), ("fileIndex" = usize, Path)),
    request_body = Position,
    responses((status = 200, body = Progress), (status = 400, body = Envelope),
        (status = 404, body = Envelope)))]
pub async fn save(
    State(app): Shared,
    Params((id, file)): Params<(String, usize)>,
    Extension(client): Extension<ClientAddress>,
    headers: HeaderMap,
    JsonBody(at): JsonBody<Position>,
) -> Result<Json<Progress>, FrontError> {
    let position = time("position_sec", at.position_sec)?;
    let duration = at.duration_sec.map(|length| time("duration_sec", length)).transpose()?;
    let view = app.engine.torrent(info_hash(&id)?).await?;
    let who = session::of_cookie(&headers)
        .map_or_else(|| session::viewer(&headers, client.0.ip()), str::to_owned);
    position::save(&app.engine, &view, file, who, position, duration).await?;
    let saved = position::saved(&app.engine, view.info_hash, file).await?;
    Ok(Json(Progress::of(view.info_hash, file, saved.as_ref())))
}

fn time(field: &str, seconds: f64) -> Result<Duration, FrontError> {
    let time = Some(seconds).filter(|seconds| *seconds <= LONGEST);
    time.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).ok_or_else(|| {
        FrontError::BadRequest(format!("{field}: {seconds} is not from 0 to {LONGEST} seconds"))
    })
}

/// A film that somebody watched.
#[derive(Serialize, ToSchema)]
pub struct Entry {
    #[serde(flatten)]
    progress: Progress,
    title: String,
    magnet: String,
    /// When this viewer began.
    watched_at: String,
    /// A cookie of ours, or a name for a program at an address.
    session_id: String,
}

impl From<Watched> for Entry {
    fn from(row: Watched) -> Self {
        Self {
            progress: Progress::of(row.info_hash, row.file as usize, Some(&row)),
            watched_at: timestamp(row.watched_at),
            title: row.title,
            magnet: row.magnet,
            session_id: row.session,
        }
    }
}

/// What was watched, newest first
#[utoipa::path(get, path = "/api/playback/history", tag = "playback",
    responses((status = 200, body = Vec<Entry>)))]
pub async fn history(State(app): Shared) -> Result<Json<Vec<Entry>>, FrontError> {
    let rows = app.engine.history().await?;
    Ok(Json(rows.into_iter().map(Entry::from).collect()))
}

/// Forget positions and history
#[utoipa::path(delete, path = "/api/playback/history", tag = "playback",
    responses((status = 200, description = "What is left: nothing", body = Vec<Entry>)))]
pub async fn forget(State(app): Shared) -> Result<Json<Vec<Entry>>, FrontError> {
    app.engine.forget_history().await?;
    Ok(Json(Vec::new()))
}

/// What was watched, newest first
#[utoipa::path(get, path = "/api/history", tag = "playback",
    responses((status = 200, body = Vec<Entry>)))]
pub async fn api_history(app: Shared) -> Result<Json<Vec<Entry>>, FrontError> {
    history(app).await
}

/// Forget positions and history
#[utoipa::path(delete, path = "/api/history", tag = "playback",
    responses((status = 200, description = "What is left: nothing", body = Vec<Entry>)))]
pub async fn api_forget(app: Shared) -> Result<Json<Vec<Entry>>, FrontError> {
    forget(app).await
}

/// A torrent, and how often its files were watched.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Popular {
    info_hash: String,
    title: String,
    /// Viewers of each of its files.
    watch_count: usize,
}

/// What was watched most
#[utoipa::path(get, path = "/api/popular", tag = "playback",
    responses((status = 200, body = Vec<Popular>)))]
pub async fn popular(State(app): Shared) -> Result<Json<Vec<Popular>>, FrontError> {
    most_watched(&app).await.map(Json)
}

async fn most_watched(app: &App) -> Result<Vec<Popular>, FrontError> {
    let mut places = HashMap::new();
    let mut all: Vec<Popular> = Vec::new();
    for row in app.engine.history().await? {
        let place = *places.entry(row.info_hash).or_insert(all.len());
        match all.get_mut(place) {
            Some(popular) => popular.watch_count += 1,
            None => all.push(Popular {
                info_hash: row.info_hash.to_string(),
                title: row.title,
                watch_count: 1,
            }),
        }
    }
    // Stable: of equals the one watched last is first.
    all.sort_by_key(|popular| std::cmp::Reverse(popular.watch_count));
    Ok(all)
}
