//! `/api/stream/{id}/{fileIndex}/subtitles…`.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::FrontError;
use crate::error::Envelope;
use crate::routes::extract::{Params, info_hash};
use crate::routes::{Shared, magnet, shape};
use crate::subtitles::tracks::{self, SubtitleTrack};
use crate::subtitles::vtt;

/// The subtitles of a film
///
/// Files beside it, and text tracks inside it.
#[utoipa::path(get, path = "/api/stream/{id}/{fileIndex}/subtitles", tag = "playback",
    params(("id" = String, Path), ("fileIndex" = usize, Path)),
    responses((status = 200, body = Vec<SubtitleTrack>), (status = 404, body = Envelope)))]
pub async fn list(
    State(app): Shared,
    Params((hash, index)): Params<(String, usize)>,
) -> Result<Json<Vec<SubtitleTrack>>, FrontError> {
    let view = magnet::known(&app, app.engine.torrent(info_hash(&hash)?).await?).await?;
    let film = shape::file_of(&view, index)?;
    Ok(Json(tracks::list(&app, &view, film).await))
}

/// One of them as WebVTT
///
/// Of a track inside the film as much as is there; the rest another time.
#[utoipa::path(get, path = "/api/stream/{id}/{fileIndex}/subtitles/{track}", tag = "playback",
    params(("id" = String, Path), ("fileIndex" = usize, Path),
        ("track" = String, Path, description = "`{n}.vtt`")),
    responses((status = 200, content_type = "text/vtt", body = String),
        (status = 404, body = Envelope),
        (status = 504, description = "The file beside the film does not come", body = Envelope)))]
pub async fn track(
    State(app): Shared,
    Params((hash, index, track)): Params<(String, usize, String)>,
) -> Result<Response, FrontError> {
    let number = track.strip_suffix(".vtt").and_then(|number| number.parse().ok());
    let number = number.ok_or(FrontError::NotFound)?;
    let view = magnet::known(&app, app.engine.torrent(info_hash(&hash)?).await?).await?;
    let film = shape::file_of(&view, index)?;
    let (cues, _) = tracks::cues(&app, &view, film, number, Duration::ZERO..Duration::MAX).await?;
    let headers = [(CONTENT_TYPE, vtt::MIME), (CACHE_CONTROL, "no-store")];
    Ok((headers, vtt::write(&cues)).into_response())
}
