//! What is made of a file: its video, copied or encoded, or one of its sound tracks.

use std::sync::Arc;
use std::time::Duration;

use crate::hls::timeline::{MAX_DURATION, Timeline};
use crate::plan::VideoWay;
use crate::probe::Container;
use crate::probe::info::{MediaInfo, Track, TrackKind};
use crate::probe::once::FileId;

/// Which of the renditions of a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// The first video track.
    Video(VideoWay),
    /// A sound track, counted from 0.
    Audio(usize),
}

/// What names a rendition.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RenditionId {
    /// The file.
    pub file: FileId,
    /// What is made of it.
    pub kind: Kind,
    /// How long segments should be, in seconds.
    pub target: u8,
}

/// Everything that making it takes.
#[derive(Clone, PartialEq, Debug)]
pub struct Rendition {
    /// Its name.
    pub id: RenditionId,
    /// Where its segments are cut.
    pub timeline: Timeline,
    /// The container, as its first bytes tell.
    pub container: Container,
    /// ffmpeg's name of the track's codec.
    pub codec: Option<&'static str>,
    /// Sound is put into the segments as it is.
    pub copies_audio: bool,
}

impl Rendition {
    /// A rendition of `media`; `None` if the file has no such track, or if there is no telling how
    /// long it is.
    pub fn of(media: &MediaInfo, id: RenditionId, transcode_audio: bool) -> Option<Arc<Self>> {
        let at_keyframes = id.kind == Kind::Video(VideoWay::Copy);
        let timeline = timeline(media, id.target, at_keyframes)?;
        let track = match id.kind {
            Kind::Video(_) => media.first(TrackKind::Video)?,
            Kind::Audio(n) => audio(media, n)?,
        };
        Some(Arc::new(Self {
            id,
            timeline,
            container: media.container,
            codec: track.codec,
            copies_audio: !transcode_audio,
        }))
    }

    /// Whether making it costs what `max_transcodes` counts.
    pub fn encodes_video(&self) -> bool {
        self.id.kind == Kind::Video(VideoWay::Transcode)
    }
}

/// Where segments of about `target` seconds are cut: at keyframes, if they are known and wanted,
/// else evenly. `None` if there is no telling how long the file is.
pub fn timeline(media: &MediaInfo, target: u8, at_keyframes: bool) -> Option<Timeline> {
    let (target, end) = (Duration::from_secs(u64::from(target.max(1))), length(media)?);
    Some(match &media.keyframes {
        Some(index) if at_keyframes => Timeline::of_keyframes(index, target, end).placed(index),
        Some(index) => Timeline::grid(target, end).placed(index),
        None => Timeline::grid(target, end),
    })
}

/// A file's sound track, counted from 0.
pub fn audio(media: &MediaInfo, n: usize) -> Option<&Track> {
    media.of_kind(TrackKind::Audio).nth(n)
}

/// How long a file plays, if a playlist can be made of it.
pub fn length(media: &MediaInfo) -> Option<Duration> {
    media.duration.filter(|end| !end.is_zero() && *end <= MAX_DURATION)
}
