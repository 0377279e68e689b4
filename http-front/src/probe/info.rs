//! What a probe tells about a media file.

use std::time::Duration;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use wire::ByteRange;

use super::bitrate::Bitrate;
use super::keyframes::KeyframeIndex;

/// What is in a media file, as its container tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MediaInfo {
    /// The container.
    pub container: Container,
    /// Whether the samples come in movie fragments (ISO 14496-12, 8.8), without a table in
    /// `moov`.
    pub fragmented: bool,
    /// How long it plays; `None` if the container doesn't say.
    #[serde(serialize_with = "seconds_or_null")]
    pub duration: Option<Duration>,
    /// The title that the file gives itself.
    pub title: Option<String>,
    /// Tracks in the file's order.
    pub tracks: Vec<Track>,
    /// Chapters by their start.
    pub chapters: Vec<Chapter>,
    /// Where the first video track (else the first audio track) can be entered; `None` if the
    /// container has no index.
    pub keyframes: Option<KeyframeIndex>,
    /// Bits per second, over all and over time.
    pub bitrate: Option<Bitrate>,
    /// Every byte range that was asked of the source, in order.
    #[serde(serialize_with = "ranges")]
    pub fetched: Vec<ByteRange>,
}

impl MediaInfo {
    /// A file of which nothing is known but its container.
    pub fn of(container: Container) -> Self {
        Self {
            container,
            fragmented: false,
            duration: None,
            title: None,
            tracks: Vec::new(),
            chapters: Vec::new(),
            keyframes: None,
            bitrate: None,
            fetched: Vec::new(),
        }
    }

    /// The tracks of a kind, in the file's order.
    pub fn of_kind(&self, kind: TrackKind) -> impl Iterator<Item = &Track> {
        self.tracks.iter().filter(move |track| track.kind == kind)
    }

    /// The first track of a kind.
    pub fn first(&self, kind: TrackKind) -> Option<&Track> {
        self.of_kind(kind).next()
    }
}

/// A container format, told by the file's first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Container {
    /// ISO base media (ISO 14496-12, 14496-14).
    Mp4,
    /// QuickTime.
    Mov,
    /// Matroska (RFC 9559).
    Matroska,
    /// WebM, Matroska's subset for the web.
    WebM,
    /// Audio Video Interleave.
    Avi,
    /// MPEG-2 transport stream (ISO 13818-1).
    MpegTs,
    /// MPEG program stream (ISO 13818-1).
    MpegPs,
    /// Ogg (RFC 3533).
    Ogg,
    /// FLAC (RFC 9639).
    Flac,
    /// MPEG audio, layer 1 to 3.
    Mp3,
    /// AAC in ADTS frames (ISO 13818-7).
    Aac,
    /// RIFF WAVE.
    Wav,
    /// Flash video.
    Flv,
    /// Advanced Systems Format (wmv, wma).
    Asf,
}

impl Container {
    /// ffmpeg's name of its demuxer, which is also what people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::Matroska => "matroska",
            Self::WebM => "webm",
            Self::Avi => "avi",
            Self::MpegTs => "mpegts",
            Self::MpegPs => "mpeg",
            Self::Ogg => "ogg",
            Self::Flac => "flac",
            Self::Mp3 => "mp3",
            Self::Aac => "aac",
            Self::Wav => "wav",
            Self::Flv => "flv",
            Self::Asf => "asf",
        }
    }

    /// Whether we read its index ourselves.
    pub fn is_native(self) -> bool {
        matches!(self, Self::Mp4 | Self::Mov | Self::Matroska | Self::WebM)
    }
}

/// What a track carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TrackKind {
    /// Moving pictures.
    Video,
    /// Sound.
    Audio,
    /// Text or pictures of text.
    Subtitle,
    /// Anything else: timecodes, buttons, data.
    Other,
}

/// One track of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Track {
    /// What it carries.
    pub kind: TrackKind,
    /// The track's own number in the container (`track_ID`, `TrackNumber`).
    pub number: u64,
    /// The codec by ffmpeg's name (`h264`, `eac3`, `subrip`); `None` if unknown.
    pub codec: Option<&'static str>,
    /// The codec for `canPlayType` and HLS (RFC 6381): `avc1.640028`, `mp4a.40.2`.
    pub codec_string: Option<String>,
    /// ISO 639-2 or BCP 47; `None` if undetermined.
    pub language: Option<String>,
    /// The track's name.
    pub title: Option<String>,
    /// To be chosen unless the viewer says otherwise.
    pub default: bool,
    /// Subtitles to be shown even if the viewer wants none.
    pub forced: bool,
    /// Coded width in pixels.
    pub width: Option<u32>,
    /// Coded height in pixels.
    pub height: Option<u32>,
    /// Frames per second, averaged.
    pub frame_rate: Option<f64>,
    /// Channels, the low-frequency one counted.
    pub channels: Option<u32>,
    /// Samples per second of each channel, in Hz.
    pub sample_rate: Option<u32>,
    /// Bits per second, averaged.
    pub bitrate: Option<u64>,
}

impl Track {
    /// A track of which nothing is known but kind and number.
    pub fn of(kind: TrackKind, number: u64) -> Self {
        Self {
            kind,
            number,
            codec: None,
            codec_string: None,
            language: None,
            title: None,
            default: false,
            forced: false,
            width: None,
            height: None,
            frame_rate: None,
            channels: None,
            sample_rate: None,
            bitrate: None,
        }
    }
}

/// A named stretch of the film.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chapter {
    /// Where it begins.
    #[serde(serialize_with = "seconds")]
    pub start: Duration,
    /// Where it ends, if the file says so.
    #[serde(serialize_with = "seconds_or_null")]
    pub end: Option<Duration>,
    /// Its name.
    pub title: Option<String>,
}

/// A duration as seconds with a fraction.
pub(super) fn seconds<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(time.as_secs_f64())
}

fn seconds_or_null<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs_f64()).serialize(to)
}

fn ranges<S: Serializer>(ranges: &[ByteRange], to: S) -> Result<S::Ok, S::Error> {
    let mut list = to.serialize_seq(Some(ranges.len()))?;
    for range in ranges {
        list.serialize_element(&[range.start, range.end])?;
    }
    list.end()
}

/// `ticks` of a clock that ticks `per_second` times, as a duration; `None` for a stopped clock
/// or a time of more than 500 years.
pub(super) fn scaled(ticks: u64, per_second: u64) -> Option<Duration> {
    let nanos = u128::from(ticks) * 1_000_000_000;
    let nanos = nanos.checked_div(u128::from(per_second))?;
    u64::try_from(nanos).ok().map(Duration::from_nanos)
}

/// Text from a file: no control characters, at most 1,024 characters, `None` if nothing is left.
pub(super) fn clean(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| c.is_control() || c.is_whitespace());
    let text: String = text.chars().filter(|c| !c.is_control()).take(1024).collect();
    (!text.is_empty()).then_some(text)
}

/// A language code from a file, `None` for "undetermined" and for what is no code.
pub(super) fn language(code: &str) -> Option<String> {
    let code = code.trim_matches(char::from(0));
    let plain = code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (plain && (2..=35).contains(&code.len()) && code != "und").then(|| code.to_owned())
}
