//! Transcode sessions: HLS from one place in a film, shared by its consumers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::FrontError;
use crate::error::Envelope;
use crate::hls::playlist::{self, Master};
use crate::hls::rendition::{Kind, Rendition, RenditionId};
use crate::hls::sessions::{Progress, Session};
use crate::hls::stage::Wanted;
use crate::plan::VideoWay;
use crate::probe::TrackKind;
use crate::routes::Shared;
use crate::routes::extract::{JsonBody, Params};
use crate::routes::hls::{self, Name, endless, maker, possible};
use crate::routes::plan::media_file;

/// The longest name of a consumer.
const MAX_CONSUMER: usize = 128;
/// A client that finds no place tries again after this.
const FULL: Duration = Duration::from_secs(10);

/// What is to be converted, for whom.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionRequest {
    /// What `POST /api/sources` answered: an info hash.
    #[serde(alias = "source_key")]
    source_key: String,
    #[serde(alias = "file_index")]
    file_index: usize,
    /// Encode the video; else it is copied where that can be done.
    #[serde(default, alias = "transcode_video")]
    transcode_video: bool,
    /// A name of the client's choice, by which it leaves again.
    #[serde(alias = "consumer_id")]
    consumer_id: String,
    /// Where playing begins; sessions are shared within ten seconds.
    #[serde(alias = "start_position_seconds")]
    start_position_seconds: Option<f64>,
    /// The sound track, counted from 0; absent: the file's default.
    audio: Option<usize>,
}

/// A session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionAnswer {
    session_id: String,
    playlist_path: String,
}

/// Begin or join a transcode session
#[utoipa::path(post, path = "/api/transcode-sessions", tag = "playback",
    request_body = SessionRequest,
    responses((status = 200, body = SessionAnswer), (status = 400, body = Envelope),
        (status = 404, body = Envelope), (status = 422, body = Envelope),
        (status = 503, description = "No ffmpeg, or too many sessions", body = Envelope)))]
pub async fn create(
    State(app): Shared,
    JsonBody(wanted): JsonBody<SessionRequest>,
) -> Result<Json<SessionAnswer>, FrontError> {
    let maker = maker(&app)?;
    if wanted.consumer_id.is_empty() || wanted.consumer_id.len() > MAX_CONSUMER {
        let text = format!("consumerId: 1 to {MAX_CONSUMER} characters");
        return Err(FrontError::BadRequest(text));
    }
    let start = wanted.start_position_seconds.unwrap_or(0.0);
    let start = Duration::try_from_secs_f64(start)
        .map_err(|_| FrontError::BadRequest("startPositionSeconds: 0 or more".into()))?;
    let (view, media) = media_file(&app, &wanted.source_key, wanted.file_index).await?;
    let way = match wanted.transcode_video {
        true => VideoWay::Transcode,
        false => possible(&media, VideoWay::Copy),
    };
    let sound = wanted.audio.or_else(|| playlist::default_sound(&media));
    let target = app.settings.now().await.hls_segment_duration_sec;
    let of = |kind| {
        let id = RenditionId { file: (view.info_hash, wanted.file_index), kind, target };
        Rendition::of(&media, id, app.transcode_audio)
    };
    let sounds = sound.map(|n| of(Kind::Audio(n)).ok_or_else(endless)).transpose()?;
    let (main, audio) = match media.first(TrackKind::Video) {
        Some(_) => (of(Kind::Video(way)).ok_or_else(endless)?, sounds),
        None => (sounds.ok_or_else(endless)?, None),
    };
    let start = Session::bucket(start.min(main.timeline.end()));
    let master = Master {
        media: &media,
        way,
        audio: sound,
        copies_audio: !app.transcode_audio,
        subtitles: &[],
        query: "",
        session: Some(start),
    };
    let session = Session {
        id: Session::id_of(&main, sound, start),
        playlist: master.text().ok_or_else(endless)?,
        main,
        audio,
        start,
        begun: Instant::now(),
    };
    let session_id = session.id.clone();
    let full = |_| FrontError::TooManyTranscodes { wait: FULL };
    let main = Arc::clone(&session.main);
    maker.join(session, wanted.consumer_id).await.map_err(full)?;
    let (id, first) = (session_id.clone(), Wanted::Segment(main.timeline.at(start)));
    let app = Arc::clone(&app);
    // Its first segment is made at once; whether that can be done shows when it is asked for.
    tokio::spawn(async move { hls::part(&app, &main, first, &id).await.is_ok() });
    let playlist_path = format!("/transcode/{session_id}/index.m3u8");
    Ok(Json(SessionAnswer { session_id, playlist_path }))
}

/// How far a session is, in seconds of film.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionProgress {
    /// Of the whole film.
    percent: f64,
    processed_seconds: f64,
    start_position_seconds: f64,
    total_seconds: f64,
    remaining_seconds: f64,
    /// Seconds of film a second.
    speed: f64,
    /// Of what should be ready before playing begins.
    warmup_percent: f64,
    warmup_remaining_seconds: f64,
}

impl From<Progress> for SessionProgress {
    fn from(progress: Progress) -> Self {
        let [processed, total] =
            [progress.processed, progress.total].map(|time| time.as_secs_f64());
        Self {
            percent: 100.0 * processed / total,
            processed_seconds: processed,
            start_position_seconds: progress.start.as_secs_f64(),
            total_seconds: total,
            remaining_seconds: total - processed,
            speed: progress.speed,
            warmup_percent: 100.0 * progress.warm,
            warmup_remaining_seconds: progress.warm_remaining.as_secs_f64(),
        }
    }
}

/// How far a session is
#[utoipa::path(get, path = "/api/transcode-sessions/{id}/progress", tag = "playback",
    params(("id" = String, Path)),
    responses((status = 200, body = SessionProgress), (status = 404, body = Envelope)))]
pub async fn progress(
    State(app): Shared,
    Params(id): Params<String>,
) -> Result<Json<SessionProgress>, FrontError> {
    let found = maker(&app)?.session(&id).await;
    let (_, progress) = found.ok_or(FrontError::NoSuchSession)?;
    Ok(Json(progress.into()))
}

/// Who leaves, and why.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseRequest {
    #[serde(alias = "consumer_id")]
    consumer_id: String,
    /// For the log.
    reason: Option<String>,
}

/// A session that was left.
#[derive(Serialize, ToSchema)]
pub struct Released {
    released: bool,
}

/// Leave a session
///
/// With its last consumer it ends: ffmpeg is stopped, and what it made is gone.
#[utoipa::path(post, path = "/api/transcode-sessions/{id}/release", tag = "playback",
    params(("id" = String, Path)), request_body = ReleaseRequest,
    responses((status = 200, body = Released), (status = 404, body = Envelope)))]
pub async fn release(
    State(app): Shared,
    Params(id): Params<String>,
    JsonBody(wanted): JsonBody<ReleaseRequest>,
) -> Result<Json<Released>, FrontError> {
    tracing::debug!(session = id, reason = wanted.reason, "a consumer leaves");
    match maker(&app)?.leave(id, wanted.consumer_id).await {
        true => Ok(Json(Released { released: true })),
        false => Err(FrontError::NoSuchSession),
    }
}

/// A playlist or segment of a session
///
/// `index.m3u8` first; what it names lies beside it.
#[utoipa::path(get, path = "/transcode/{sessionId}/{segment}", tag = "playback",
    params(("sessionId" = String, Path), ("segment" = String, Path)),
    responses((status = 200, description = "A playlist or a segment"),
        (status = 404, body = Envelope), (status = 422, body = Envelope),
        (status = 503, description = "Too many transcodes, or not ready yet", body = Envelope)))]
pub async fn part(
    State(app): Shared,
    Params((id, name)): Params<(String, String)>,
) -> Result<Response, FrontError> {
    let found = maker(&app)?.session(&id).await;
    let (session, _) = found.ok_or(FrontError::NoSuchSession)?;
    if name == "index.m3u8" {
        return Ok(hls::answer(playlist::MIME, session.playlist.clone().into()));
    }
    let video = matches!(session.main.id.kind, Kind::Video(_));
    let rendition = match (name.as_bytes().first(), &session.audio) {
        (Some(b'v'), _) if video => &session.main,
        (Some(b'a'), Some(audio)) => audio,
        (Some(b'a'), None) if !video => &session.main,
        _ => return Err(FrontError::NotFound),
    };
    let prefix = if name.starts_with('v') { "v-" } else { "a-" };
    if name.ends_with(".m3u8") {
        let text = playlist::media(&rendition.timeline, prefix, "", Some(session.start));
        return Ok(hls::answer(playlist::MIME, text.into()));
    }
    match name.strip_prefix(prefix).and_then(Name::parse) {
        Some(Name::Part(wanted)) => hls::part(&app, rendition, wanted, &id).await,
        _ => Err(FrontError::NotFound),
    }
}
