//! The playback plan: how a player gets a file, and why.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use engine::view::TorrentView;
use http::HeaderMap;
use http::header::{HOST, USER_AGENT};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::FrontError;
use crate::app::App;
use crate::error::Envelope;
use crate::plan::decide::default_audio;
use crate::plan::{Capabilities, Declared, Plan, Reason, agents, decide};
use crate::playback::position::last_position;
use crate::probe::{KeyframeIndex, MediaInfo, ProbeError, Track, TrackKind};
use crate::routes::extract::{JsonBody, Params, info_hash};
use crate::routes::stream::choose;
use crate::routes::{Shared, links, magnet};

/// Keyframes told of a film.
const MAX_PLACES: usize = 256;

/// Which file, for which player.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanRequest {
    /// What `POST /api/sources` answered: an info hash.
    #[serde(alias = "source_key")]
    source_key: String,
    /// Absent: the largest playable file, else the largest.
    #[serde(alias = "file_index")]
    file_index: Option<usize>,
    /// Absent: the request's own.
    #[serde(alias = "user_agent")]
    user_agent: Option<String>,
    /// What the page found out; decides before the user agent.
    capabilities: Option<Declared>,
}

/// How a player gets a file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlaybackPlan {
    /// `direct` or `hls`.
    mode: &'static str,
    /// The file as it is.
    direct_url: String,
    /// The HLS master playlist, if HLS is the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    hls_url: Option<String>,
    /// A slug for programs.
    reason: &'static str,
    /// The same in words.
    reason_text: String,
    container: Option<&'static str>,
    video_codec: Option<&'static str>,
    audio_codec: Option<&'static str>,
    /// RFC 6381.
    video_codec_string: Option<String>,
    /// RFC 6381.
    audio_codec_string: Option<String>,
    /// Seconds.
    duration: Option<f64>,
    /// Where decoding can begin, as seconds and byte: at most 256 places, evenly chosen, so that a
    /// seek bar can tell when a byte is shown. Empty if the file has no index.
    keyframes: Vec<[f64; 2]>,
    width: Option<u32>,
    height: Option<u32>,
    audio_tracks: Vec<AudioTrack>,
    subtitle_tracks: Vec<SubtitleTrack>,
    /// Where the film was left, in seconds; `null` when it was not watched.
    #[serde(rename = "last_position")]
    last_position: Option<f64>,
}

/// One audio track.
#[derive(Serialize, ToSchema)]
pub struct AudioTrack {
    /// Counts audio tracks from 0.
    index: usize,
    codec: Option<&'static str>,
    language: Option<String>,
    title: Option<String>,
    channels: Option<u32>,
    default: bool,
}

/// One subtitle track inside the file.
#[derive(Serialize, ToSchema)]
pub struct SubtitleTrack {
    /// Counts subtitle tracks from 0.
    index: usize,
    codec: Option<&'static str>,
    language: Option<String>,
    title: Option<String>,
    default: bool,
    forced: bool,
}

/// How to play a file
///
/// From the player's declared capabilities, else its user agent. Fetches the head of the file, then
/// exactly its index; what can't be told within five minutes is played as it is.
#[utoipa::path(post, path = "/api/playback-plan", tag = "playback", request_body = PlanRequest,
    responses((status = 200, body = PlaybackPlan), (status = 400, body = Envelope),
        (status = 404, body = Envelope),
        (status = 422, description = "Corrupt, truncated, or no media file", body = Envelope)))]
pub async fn plan(
    State(app): Shared,
    headers: HeaderMap,
    JsonBody(wanted): JsonBody<PlanRequest>,
) -> Result<Json<PlaybackPlan>, FrontError> {
    let hash = info_hash(&wanted.source_key)?;
    let view = magnet::known(&app, app.engine.torrent(hash).await?).await?;
    let file = choose(&view, wanted.file_index)?;
    let player = wanted.capabilities.as_ref().and_then(Capabilities::declared);
    let player = player.unwrap_or_else(|| match &wanted.user_agent {
        Some(agent) => agents::by_agent(agent),
        None => by_headers(&headers),
    });
    let (media, plan) = match app.media(hash, file).await {
        Ok(media) => {
            let plan = decide(&media, &player, app.means(file).await);
            (Some(media), plan)
        }
        Err(ProbeError::TimedOut(_)) => (None, Plan::direct(Reason::Unknown)),
        Err(error) => return Err(error.into()),
    };
    let base = links::base(&app, headers.get(HOST));
    let direct_url = links::to_file(&app, &base, hash, file.index);
    let hls_url = plan.hls.map(|way| {
        let path = format!("/api/stream/{hash}/{}/master.m3u8", file.index);
        let signed = direct_url.split_once("&exp=").map(|(_, rest)| format!("&exp={rest}"));
        format!("{base}{path}?video={}{}", way.slug(), signed.unwrap_or_default())
    });
    let last_position = last_position(&app.engine, hash, file.index).await?;
    let told = answer(plan, media.as_deref(), direct_url, hls_url);
    Ok(Json(PlaybackPlan { last_position, ..told }))
}

/// What the player of a request plays, by its user agent.
pub fn by_headers(headers: &HeaderMap) -> Capabilities {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    agents::by_agent(agent.unwrap_or_default())
}

fn answer(
    plan: Plan,
    media: Option<&MediaInfo>,
    direct_url: String,
    hls_url: Option<String>,
) -> PlaybackPlan {
    let video = media.and_then(|media| media.first(TrackKind::Video));
    let audio = media.and_then(default_audio);
    let codec_string = |track: Option<&Track>| track.and_then(|track| track.codec_string.clone());
    PlaybackPlan {
        mode: if plan.hls.is_some() { "hls" } else { "direct" },
        direct_url,
        hls_url,
        reason: plan.reason.slug(),
        reason_text: plan.reason.words(media),
        container: media.map(|media| media.container.name()),
        video_codec: video.and_then(|track| track.codec),
        audio_codec: audio.and_then(|track| track.codec),
        video_codec_string: codec_string(video),
        audio_codec_string: codec_string(audio),
        duration: media.and_then(|media| media.duration).map(|duration| duration.as_secs_f64()),
        keyframes: media.and_then(|media| media.keyframes.as_ref()).map(places).unwrap_or_default(),
        width: video.and_then(|track| track.width),
        height: video.and_then(|track| track.height),
        audio_tracks: media.map(audio_list).unwrap_or_default(),
        subtitle_tracks: media.map(subtitle_list).unwrap_or_default(),
        last_position: None,
    }
}

fn places(index: &KeyframeIndex) -> Vec<[f64; 2]> {
    let every = index.entries.len().div_ceil(MAX_PLACES).max(1);
    let chosen = index.entries.iter().step_by(every);
    chosen.map(|entry| [entry.time.as_secs_f64(), entry.offset as f64]).collect()
}

fn audio_list(media: &MediaInfo) -> Vec<AudioTrack> {
    let tracks = media.of_kind(TrackKind::Audio).enumerate();
    let told = tracks.map(|(index, track)| AudioTrack {
        index,
        codec: track.codec,
        language: track.language.clone(),
        title: track.title.clone(),
        channels: track.channels,
        default: track.default,
    });
    told.collect()
}

fn subtitle_list(media: &MediaInfo) -> Vec<SubtitleTrack> {
    let tracks = media.of_kind(TrackKind::Subtitle).enumerate();
    let told = tracks.map(|(index, track)| SubtitleTrack {
        index,
        codec: track.codec,
        language: track.language.clone(),
        title: track.title.clone(),
        default: track.default,
        forced: track.forced,
    });
    told.collect()
}

/// The audio tracks of a file
#[utoipa::path(get, path = "/api/stream/{id}/{fileIndex}/audio_tracks", tag = "playback",
    params(("id" = String, Path), ("fileIndex" = usize, Path)),
    responses((status = 200, body = Vec<AudioTrack>), (status = 404, body = Envelope),
        (status = 422, body = Envelope)))]
pub async fn audio_tracks(
    State(app): Shared,
    Params((hash, index)): Params<(String, usize)>,
) -> Result<Json<Vec<AudioTrack>>, FrontError> {
    let (_, media) = media_file(&app, &hash, index).await?;
    Ok(Json(audio_list(&media)))
}

/// The torrent of a path and what is in one of its files.
///
/// # Errors
/// No such torrent or file; the file can't be played.
pub async fn media_file(
    app: &App,
    hash: &str,
    index: usize,
) -> Result<(TorrentView, Arc<MediaInfo>), FrontError> {
    let view = app.engine.torrent(info_hash(hash)?).await?;
    let view = magnet::known(app, view).await?;
    let media = app.media(view.info_hash, choose(&view, Some(index))?).await?;
    Ok((view, media))
}
