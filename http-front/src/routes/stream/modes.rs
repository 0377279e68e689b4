//! `/api/stream/{id}/{fileIndex}`: the bytes of a file, or the way to its HLS.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::Wanted;
use super::serve::{Asked, Call, Reader, choose, serve};
use crate::FrontError;
use crate::app::App;
use crate::error::Envelope;
use crate::plan::decide;
use crate::playback::position::last_position;
use crate::routes::extract::{Params, Search, info_hash};
use crate::routes::plan::by_headers;
use crate::routes::{Shared, magnet};
use engine::view::{FileView, TorrentView};

/// Where the file was left, in seconds.
const LAST_POSITION: HeaderName = HeaderName::from_static("x-last-position");

/// How.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HowWanted {
    /// The sound of HLS, counted from 0; absent: the file's default.
    audio: Option<usize>,
    /// `auto`, `direct` or `hls`.
    #[serde(default)]
    #[param(inline)]
    mode: Mode,
    /// A signed link's expiry, which holds for HLS too.
    exp: Option<String>,
    /// Its signature.
    sig: Option<String>,
}

/// `auto`, `direct` or `hls`.
#[derive(Deserialize, ToSchema, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// What suits player and download.
    #[default]
    Auto,
    /// The bytes.
    Direct,
    /// HLS.
    Hls,
}

/// A file in the way that suits the player
///
/// `auto`: its bytes when it is complete or plays in this player as it is, else a redirect to the
/// HLS master playlist; with the setting `hls_while_incomplete` HLS until it is complete.
#[utoipa::path(method(get, head), path = "/api/stream/{id}/{fileIndex}", tag = "streaming",
    params(("id" = String, Path), ("fileIndex" = usize, Path), HowWanted),
    responses(
        (status = 200, description = "The file", content_type = "*/*", body = Vec<u8>),
        (status = 206, description = "One range, or several as multipart/byteranges"),
        (status = 302, description = "To the master playlist"),
        (status = 404, body = Envelope), (status = 416, body = Envelope),
        (status = 503, description = "HLS without ffmpeg", body = Envelope)))]
pub async fn file(
    State(app): Shared,
    Params((hash, index)): Params<(String, usize)>,
    Search(how): Search<HowWanted>,
    (method, headers, client): Call,
) -> Result<Response, FrontError> {
    let view = app.engine.torrent(info_hash(&hash)?).await?;
    let view = magnet::known(&app, view).await?;
    let file = choose(&view, Some(index))?;
    let hls = match how.mode {
        Mode::Direct => false,
        Mode::Hls if app.hls.is_none() => return Err(FrontError::FfmpegMissing),
        Mode::Hls => true,
        Mode::Auto => suits_hls(&app, &view, file, &headers).await,
    };
    let last = last_position(&app.engine, view.info_hash, index).await?;
    let mut response = if hls {
        to_master(&view, index, &how)?
    } else {
        let wanted = Wanted { file_index: Some(index), ..Wanted::default() };
        let call = (method, headers, client);
        serve(&view, Asked::new(&app, call, wanted, Reader::Viewer)).await?
    };
    if let Some(seconds) = last {
        let seconds = HeaderValue::from_str(&format!("{seconds:.3}"));
        response.headers_mut().insert(LAST_POSITION, seconds.map_err(|_| FrontError::Internal)?);
    }
    Ok(response)
}

/// Whether HLS is better than the bytes; a file that can't be told goes out as it is.
async fn suits_hls(app: &App, view: &TorrentView, file: &FileView, headers: &HeaderMap) -> bool {
    if file.downloaded == file.length || app.hls.is_none() {
        return false;
    }
    let (player, means) = (by_headers(headers), app.means(file).await);
    if player.everything && !means.hls_first {
        return false;
    }
    let media = app.media(view.info_hash, file).await;
    media.is_ok_and(|media| decide(&media, &player, means).hls.is_some())
}

fn to_master(view: &TorrentView, index: usize, how: &HowWanted) -> Result<Response, FrontError> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let audio = how.audio.map(|audio| audio.to_string());
    for (name, value) in [("audio", &audio), ("exp", &how.exp), ("sig", &how.sig)] {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let target = format!("/api/stream/{}/{index}/master.m3u8?{}", view.info_hash, query.finish());
    let target = HeaderValue::from_str(target.trim_end_matches('?'));
    let target = target.map_err(|_| FrontError::Internal)?;
    Ok((StatusCode::FOUND, [(LOCATION, target)]).into_response())
}
