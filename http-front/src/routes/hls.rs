//! HLS of a file: its master playlist, and the playlists and segments below it.

use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::FrontError;
use crate::app::App;
use crate::doors::ClientAddress;
use crate::error::Envelope;
use crate::hls::actor::HlsHandle;
use crate::hls::arguments::OFFSET;
use crate::hls::playlist::{self, Master};
use crate::hls::rendition::{self, Kind, Rendition, RenditionId};
use crate::hls::stage::{Refusal, Wanted};
use crate::plan::VideoWay;
use crate::plan::decide::{can_copy, video_way};
use crate::probe::MediaInfo;
use crate::routes::Shared;
use crate::routes::extract::{Params, Search};
use crate::routes::plan::{by_headers, media_file};
use crate::routes::stream::choose;
use crate::subtitles::{self, tracks, vtt};

/// The longest name of a viewer, and the longest segment, in seconds, that URLs may carry.
const MAX_VIEWER: usize = 64;
const MAX_TARGET: u8 = 10;

/// What the URLs of HLS carry along.
#[derive(Deserialize, IntoParams, Default)]
#[into_params(parameter_in = Query)]
pub struct HlsQuery {
    /// The sound that plays by itself, counted from 0; absent: the file's default.
    audio: Option<usize>,
    /// What happens to the video, `copy` or `h264`; absent: by user agent.
    video: Option<String>,
    /// Who watches: each master playlist names a new viewer, whose place in the film is kept apart.
    v: Option<String>,
    /// Seconds that a segment should last; absent: as the settings say.
    d: Option<u8>,
    /// A signed link's expiry.
    exp: Option<String>,
    /// Its signature.
    sig: Option<String>,
}

impl HlsQuery {
    /// What all URLs below carry on: `?…`.
    fn carried(&self, viewer: &str, target: u8) -> String {
        let mut query = url::form_urlencoded::Serializer::for_suffix(String::from("?"), 1);
        query.append_pair("v", viewer).append_pair("d", &target.to_string());
        if let (Some(exp), Some(sig)) = (&self.exp, &self.sig) {
            query.append_pair("exp", exp).append_pair("sig", sig);
        }
        query.finish()
    }

    async fn target(&self, app: &App) -> u8 {
        match self.d {
            Some(target) => target.clamp(1, MAX_TARGET),
            None => app.settings.now().await.hls_segment_duration_sec,
        }
    }

    /// Who watches: as the URL says, else the program at this address.
    fn viewer(&self, client: ClientAddress, headers: &HeaderMap) -> String {
        let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        let said = self.v.clone().filter(|viewer| viewer.len() <= MAX_VIEWER);
        said.unwrap_or_else(|| format!("{}|{}", client.0.ip(), agent.unwrap_or_default()))
    }
}

/// What lies below a rendition's folder.
pub(super) enum Name {
    /// `index.m3u8`.
    Playlist,
    /// `init.mp4` or `{n}.m4s`.
    Part(Wanted),
}

impl Name {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "index.m3u8" => Self::Playlist,
            "init.mp4" => Self::Part(Wanted::Init),
            _ => Self::Part(Wanted::Segment(name.strip_suffix(".m4s")?.parse().ok()?)),
        })
    }
}

/// HLS, if there is ffmpeg.
pub(super) fn maker(app: &App) -> Result<&HlsHandle, FrontError> {
    app.hls.as_ref().ok_or(FrontError::FfmpegMissing)
}

/// The HLS of a file
///
/// The whole film at once, in fragmented MP4; its sound tracks and subtitles are renditions.
#[utoipa::path(get, path = "/api/stream/{id}/{fileIndex}/master.m3u8", tag = "playback",
    params(("id" = String, Path), ("fileIndex" = usize, Path), HlsQuery),
    responses(
        (status = 200, description = "A playlist", content_type = "application/vnd.apple.mpegurl"),
        (status = 404, body = Envelope), (status = 422, body = Envelope),
        (status = 503, description = "No ffmpeg", body = Envelope)))]
pub async fn master(
    State(app): Shared,
    Params((hash, index)): Params<(String, usize)>,
    Search(query): Search<HlsQuery>,
    headers: HeaderMap,
) -> Result<Response, FrontError> {
    maker(&app)?;
    let (view, media) = media_file(&app, &hash, index).await?;
    let said = query.video.as_deref().map(|said| {
        let wrong = || FrontError::BadRequest("video: copy or h264".into());
        VideoWay::parse(said).ok_or_else(wrong)
    });
    let way = match said.transpose()? {
        Some(way) => possible(&media, way),
        None => video_way(&media, &by_headers(&headers)),
    };
    if query.audio.is_some_and(|audio| rendition::audio(&media, audio).is_none()) {
        return Err(FrontError::BadRequest("audio: the file has no such sound track".into()));
    }
    let viewer = query.v.clone().unwrap_or_else(|| format!("{:016x}", rand::random::<u64>()));
    let carried = query.carried(&viewer, query.target(&app).await);
    let subtitles = tracks::list(&app, &view, choose(&view, Some(index))?).await;
    let master = Master {
        media: &media,
        way,
        audio: query.audio,
        copies_audio: !app.transcode_audio,
        subtitles: &subtitles,
        query: &carried,
        session: None,
    };
    let text = master.text().ok_or_else(endless)?;
    Ok(answer(playlist::MIME, text.into()))
}

/// Video is copied only where it can be.
pub(super) fn possible(media: &MediaInfo, way: VideoWay) -> VideoWay {
    if can_copy(media) { way } else { VideoWay::Transcode }
}

/// The video of a file's HLS
///
/// `part`: `index.m3u8`, `init.mp4` or `{n}.m4s`.
#[utoipa::path(get, path = "/api/stream/{id}/{fileIndex}/v/{variant}/{part}", tag = "playback",
    params(("id" = String, Path), ("fileIndex" = usize, Path), ("variant" = String, Path),
        ("part" = String, Path), HlsQuery),
    responses((status = 200, description = "A playlist or a segment"),
        (status = 404, body = Envelope), (status = 422, body = Envelope),
        (status = 503, description = "Too many transcodes, or not ready yet", body = Envelope)))]
pub async fn video(
    State(app): Shared,
    Params((hash, index, variant, part)): Params<(String, usize, String, String)>,
    Search(query): Search<HlsQuery>,
    Extension(client): Extension<ClientAddress>,
    headers: HeaderMap,
) -> Result<Response, FrontError> {
    let way = VideoWay::parse(&variant).ok_or(FrontError::NotFound)?;
    let name = Name::parse(&part).ok_or(FrontError::NotFound)?;
    let kind = |media: &MediaInfo| Kind::Video(possible(media, way));
    let viewer = query.viewer(client, &headers);
    below(&app, (&hash, index), kind, name, &query, &viewer).await
}

/// A sound track of a file's HLS
///
/// `part`: `index.m3u8`, `init.mp4` or `{n}.m4s`.
#[utoipa::path(get, path = "/api/stream/{id}/{fileIndex}/a/{track}/{part}", tag = "playback",
    params(("id" = String, Path), ("fileIndex" = usize, Path), ("track" = usize, Path),
        ("part" = String, Path), HlsQuery),
    responses((status = 200, description = "A playlist or a segment"),
        (status = 404, body = Envelope), (status = 422, body = Envelope),
        (status = 503, description = "Not ready yet", body = Envelope)))]
pub async fn audio(
    State(app): Shared,
    Params((hash, index, track, part)): Params<(String, usize, usize, String)>,
    Search(query): Search<HlsQuery>,
    Extension(client): Extension<ClientAddress>,
    headers: HeaderMap,
) -> Result<Response, FrontError> {
    let name = Name::parse(&part).ok_or(FrontError::NotFound)?;
    let viewer = query.viewer(client, &headers);
    below(&app, (&hash, index), |_| Kind::Audio(track), name, &query, &viewer).await
}

/// A subtitle track of a file's HLS
///
/// `part`: `index.m3u8` or `{n}.vtt`.
#[utoipa::path(get, path = "/api/stream/{id}/{fileIndex}/s/{track}/{part}", tag = "playback",
    params(("id" = String, Path), ("fileIndex" = usize, Path), ("track" = usize, Path),
        ("part" = String, Path), HlsQuery),
    responses((status = 200, description = "A playlist or WebVTT"),
        (status = 404, body = Envelope), (status = 422, body = Envelope),
        (status = 503, description = "Its bytes are not there yet", body = Envelope)))]
pub async fn subtitles(
    State(app): Shared,
    Params((hash, index, track, part)): Params<(String, usize, usize, String)>,
    Search(query): Search<HlsQuery>,
    Extension(client): Extension<ClientAddress>,
    headers: HeaderMap,
) -> Result<Response, FrontError> {
    let (view, media) = media_file(&app, &hash, index).await?;
    let target = query.target(&app).await;
    let timeline = rendition::timeline(&media, target, true).ok_or_else(endless)?;
    if part == "index.m3u8" {
        let carried = query.carried(&query.viewer(client, &headers), target);
        return Ok(answer(playlist::MIME, playlist::texts(&timeline, &carried).into()));
    }
    let n: Option<usize> = part.strip_suffix(".vtt").and_then(|n| n.parse().ok());
    let n = n.filter(|n| *n < timeline.count()).ok_or(FrontError::NotFound)?;
    let (film, times) = (choose(&view, Some(index))?, timeline.start(n)..timeline.start(n + 1));
    let cues = subtitles::segment::cues(&app, &view, film, track, times).await?;
    Ok(answer(vtt::MIME, vtt::segment(OFFSET, &cues).into()))
}

/// A segment of the variant that this player gets
#[utoipa::path(get, path = "/api/stream/{id}/{fileIndex}/segment/{n}", tag = "playback",
    params(("id" = String, Path), ("fileIndex" = usize, Path), ("n" = usize, Path), HlsQuery),
    responses((status = 200, description = "A segment", content_type = "video/mp4"),
        (status = 404, body = Envelope), (status = 422, body = Envelope),
        (status = 503, description = "Too many transcodes, or not ready yet", body = Envelope)))]
pub async fn segment(
    State(app): Shared,
    Params((hash, index, n)): Params<(String, usize, usize)>,
    Search(query): Search<HlsQuery>,
    Extension(client): Extension<ClientAddress>,
    headers: HeaderMap,
) -> Result<Response, FrontError> {
    let player = by_headers(&headers);
    let kind = |media: &MediaInfo| Kind::Video(video_way(media, &player));
    let name = Name::Part(Wanted::Segment(n));
    let viewer = query.viewer(client, &headers);
    below(&app, (&hash, index), kind, name, &query, &viewer).await
}

/// A playlist or a part of one rendition.
async fn below(
    app: &App,
    (hash, index): (&str, usize),
    kind: impl Fn(&MediaInfo) -> Kind,
    name: Name,
    query: &HlsQuery,
    viewer: &str,
) -> Result<Response, FrontError> {
    maker(app)?;
    let (view, media) = media_file(app, hash, index).await?;
    rendition::length(&media).ok_or_else(endless)?;
    let target = query.target(app).await;
    let id = RenditionId { file: (view.info_hash, index), kind: kind(&media), target };
    let rendition = Rendition::of(&media, id, app.transcode_audio).ok_or(FrontError::NotFound)?;
    match name {
        Name::Playlist => {
            let carried = query.carried(viewer, target);
            let text = playlist::media(&rendition.timeline, "", &carried, None);
            Ok(answer(playlist::MIME, text.into()))
        }
        Name::Part(wanted) => part(app, &rendition, wanted, viewer).await,
    }
}

/// A part of a rendition.
pub(super) async fn part(
    app: &App,
    rendition: &std::sync::Arc<Rendition>,
    wanted: Wanted,
    viewer: &str,
) -> Result<Response, FrontError> {
    if matches!(wanted, Wanted::Segment(n) if n >= rendition.timeline.count()) {
        return Err(FrontError::NotFound);
    }
    let encoders = app.settings.now().await.max_transcodes;
    match maker(app)?.part(rendition, wanted, viewer, encoders).await {
        Ok(bytes) => Ok(answer("video/mp4", bytes)),
        Err(Refusal::TooMany(wait)) => Err(FrontError::TooManyTranscodes { wait }),
        Err(Refusal::Late) => Err(FrontError::NotReady),
        Err(Refusal::Failed(why)) => {
            Err(FrontError::NotPlayable(format!("ffmpeg can't convert this part: {why}")))
        }
    }
}

/// Of a file whose length nobody knows there is no playlist.
pub(super) fn endless() -> FrontError {
    FrontError::NotPlayable("there is no HLS of this file: it does not say how long it is".into())
}

pub(super) fn answer(mime: &'static str, body: Bytes) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(mime))], body).into_response()
}
