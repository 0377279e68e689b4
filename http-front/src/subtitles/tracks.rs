//! The subtitles of a film, and one of them as cues.

use std::io::ErrorKind;
use std::ops::Range;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use engine::view::{FileView, StreamLabel, TorrentView};
use engine::{EngineError, OpenStream};
use serde::Serialize;
use utoipa::ToSchema;
use wire::ByteRange;

use super::present::Present;
use super::sibling::{self, Sibling};
use super::{Cue, ass, cue};
use crate::FrontError;
use crate::app::App;
use crate::probe::{MediaInfo, ProbeError, TextSample, Texts, Track, TrackKind, text_track};
use crate::routes::shape;

/// A track inside a film has its number among the film's subtitle tracks; a file beside it has its
/// number in the torrent and this.
const SIBLINGS: usize = 1_000;
/// Bytes of a subtitle file.
const MAX_FILE: u64 = 8 << 20;
/// How long the list waits for the probe, a subtitle file for peers, and a walk through a film.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a text is shown whose end nobody knows.
const SHOWN: Duration = Duration::from_secs(5);

/// A subtitle track that can be had as WebVTT.
#[derive(Serialize, ToSchema, Clone, Debug)]
pub struct SubtitleTrack {
    /// Names it in its URL.
    pub index: usize,
    /// By ffmpeg's name.
    codec: &'static str,
    /// ISO 639 or BCP 47.
    pub language: Option<String>,
    /// The track's name, or the file's.
    pub title: Option<String>,
    /// To be chosen unless the viewer says otherwise.
    pub default: bool,
    /// To be shown even if the viewer wants none.
    pub forced: bool,
    /// `embedded` or `file`.
    source: &'static str,
    /// A path.
    url: String,
}

/// Files beside the film, then the text tracks inside it; without the latter when the film's head
/// does not come in time, or tells nothing.
pub async fn list(app: &App, view: &TorrentView, film: &FileView) -> Vec<SubtitleTrack> {
    let url = |n| format!("/api/stream/{}/{}/subtitles/{n}.vtt", view.info_hash, film.index);
    let beside = sibling::of(&view.files, film).into_iter().map(|sibling| SubtitleTrack {
        index: SIBLINGS + sibling.file.index,
        codec: sibling.format.codec(),
        language: sibling.language.map(str::to_owned),
        title: Some(shape::name(sibling.file).to_owned()),
        default: false,
        forced: sibling.forced,
        source: "file",
        url: url(SIBLINGS + sibling.file.index),
    });
    let mut all: Vec<_> = beside.collect();
    let probed = tokio::time::timeout(PATIENCE, app.media(view.info_hash, film)).await;
    if let Ok(Ok(media)) = probed {
        all.extend(embedded(&media).map(|(n, track, codec)| SubtitleTrack {
            index: n,
            codec,
            language: track.language.clone(),
            title: track.title.clone(),
            default: track.default,
            forced: track.forced,
            source: "embedded",
            url: url(n),
        }));
    }
    all
}

/// The text tracks of a film, by their number among its subtitle tracks.
fn embedded(media: &MediaInfo) -> impl Iterator<Item = (usize, &Track, &'static str)> {
    let tracks = media.of_kind(TrackKind::Subtitle).enumerate();
    let native = media.container.is_native() && !media.fragmented;
    tracks.filter(move |_| native).filter_map(|(n, track)| match track.codec {
        Some(codec @ ("subrip" | "ass" | "webvtt" | "mov_text")) => Some((n, track, codec)),
        _ => None,
    })
}

/// The cues of track `n` by their start, those shown in `times` and perhaps more: all of a file
/// beside the film, which is fetched; of a track inside it those whose bytes are there, and the
/// first bytes of `times` that are not.
///
/// # Errors
/// [`FrontError::NotFound`]: no such track. [`EngineError::NoPeers`]: the file did not come in time.
pub async fn cues(
    app: &App,
    view: &TorrentView,
    film: &FileView,
    n: usize,
    times: Range<Duration>,
) -> Result<(Vec<Cue>, Option<ByteRange>), FrontError> {
    if let Some(file) = n.checked_sub(SIBLINGS) {
        let siblings = sibling::of(&view.files, film);
        let sibling = siblings.into_iter().find(|sibling| sibling.file.index == file);
        let cues = beside(app, view, sibling.ok_or(FrontError::NotFound)?).await?;
        return Ok((cues, None));
    }
    let media = app.media(view.info_hash, film).await?;
    let track = embedded(&media).find(|(number, ..)| *number == n);
    let (_, track, codec) = track.ok_or(FrontError::NotFound)?;
    let present = Present::of(app, view, film).await?;
    let until = Instant::now() + PATIENCE;
    let read = text_track(&present, media.container, track.number, times, until).await;
    let Texts { samples, missing } = match read {
        // The index was there for the probe; its piece may have gone since.
        Err(ProbeError::Io(error)) if error.kind() == ErrorKind::WouldBlock => Texts::default(),
        read => read?,
    };
    Ok((blocking(move || shown(&samples, codec)).await?, missing))
}

async fn beside(
    app: &App,
    view: &TorrentView,
    sibling: Sibling<'_>,
) -> Result<Vec<Cue>, FrontError> {
    let (file, format) = (sibling.file, sibling.format);
    let open = OpenStream {
        info_hash: view.info_hash,
        file_index: file.index,
        range: ByteRange::new(0, file.length.min(MAX_FILE)),
        label: StreamLabel::default(),
    };
    let fetch = async {
        let mut stream = app.engine.open(open).await?;
        let mut whole = BytesMut::new();
        while let Some(bytes) = stream.next().await {
            whole.extend_from_slice(&bytes?);
        }
        Ok::<_, EngineError>(whole)
    };
    let late = |_| EngineError::NoPeers(format!("{} does not come", shape::name(file)));
    let whole = tokio::time::timeout(PATIENCE, fetch).await.map_err(late)??;
    blocking(move || format.parse(&whole)).await
}

/// Cues of a track's samples; a text whose end is not known ends with the next.
fn shown(samples: &[TextSample], codec: &str) -> Vec<Cue> {
    let nexts = samples.iter().skip(1).map(|next| Some(next.start)).chain([None]);
    let cues = samples.iter().zip(nexts).filter_map(|(sample, next)| {
        let longest = sample.start.checked_add(SHOWN)?;
        let end = sample.end.unwrap_or_else(|| next.unwrap_or(longest).min(longest));
        let text = String::from_utf8_lossy(&sample.text);
        match codec {
            "ass" => Cue::with_overrides(sample.start, end, &ass::block(&text)),
            "webvtt" => Cue::of(sample.start, end, &text),
            _ => Cue::with_overrides(sample.start, end, &text),
        }
    });
    cue::sorted(cues.collect())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FrontError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| FrontError::Internal)
}
