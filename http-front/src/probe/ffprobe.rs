//! The containers that we don't read ourselves, by ffprobe on a URL of ours.

use std::time::Duration;

use serde::Deserialize;

use super::info::{clean, language};
use super::{Container, MediaInfo, ProbeError, Track, TrackKind};
use crate::sandbox::Sandbox;

/// Bytes of the file that ffprobe looks at to tell its streams.
const PROBE_BYTES: &str = "1000000";
/// Tracks of a file; more are not told.
const MAX_TRACKS: usize = 128;

/// ffmpeg's names of codecs that are found in these containers, and their strings for HLS and
/// `canPlayType` where one does not depend on the stream.
const CODECS: &[(&str, Option<&str>)] = &[
    ("h264", None),
    ("hevc", None),
    ("av1", None),
    ("vp8", Some("vp8")),
    ("vp9", None),
    ("mpeg4", Some("mp4v.20.9")),
    ("msmpeg4v2", None),
    ("msmpeg4v3", None),
    ("mpeg1video", None),
    ("mpeg2video", None),
    ("theora", Some("theora")),
    ("vc1", None),
    ("wmv1", None),
    ("wmv2", None),
    ("wmv3", None),
    ("flv1", None),
    ("mjpeg", None),
    ("aac", Some("mp4a.40.2")),
    ("ac3", Some("ac-3")),
    ("eac3", Some("ec-3")),
    ("mp3", Some("mp3")),
    ("mp2", None),
    ("mp1", None),
    ("opus", Some("opus")),
    ("vorbis", Some("vorbis")),
    ("flac", Some("flac")),
    ("dts", Some("dtsc")),
    ("truehd", Some("mlpa")),
    ("wmav1", None),
    ("wmav2", None),
    ("wmapro", None),
    ("pcm_s16le", None),
    ("pcm_s16be", None),
    ("pcm_s24le", None),
    ("pcm_s32le", None),
    ("pcm_f32le", None),
    ("pcm_u8", None),
    ("pcm_mulaw", None),
    ("pcm_alaw", None),
    ("dvb_subtitle", None),
    ("dvb_teletext", None),
    ("subrip", None),
];

#[derive(Deserialize, Default)]
struct Told {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Format,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Format {
    duration: Option<String>,
    bit_rate: Option<String>,
    tags: Tags,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Stream {
    index: u64,
    codec_type: String,
    codec_name: String,
    width: Option<u32>,
    height: Option<u32>,
    channels: Option<u32>,
    sample_rate: Option<String>,
    bit_rate: Option<String>,
    avg_frame_rate: Option<String>,
    disposition: Disposition,
    tags: Tags,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Disposition {
    default: u8,
    forced: u8,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tags {
    language: Option<String>,
    title: Option<String>,
}

/// What ffprobe tells of the file behind `url`, whose container was told by its first bytes.
///
/// # Errors
/// [`ProbeError::Io`] if it can't be run, [`ProbeError::TimedOut`] after `wall`,
/// [`ProbeError::Malformed`] if it finds nothing to play.
pub async fn ffprobe(
    sandbox: &Sandbox,
    url: &str,
    container: Container,
    wall: Duration,
) -> Result<MediaInfo, ProbeError> {
    let mut command = sandbox.ffprobe();
    command
        .args(["-v", "error", "-of", "json", "-show_format", "-show_streams"])
        .args(["-probesize", PROBE_BYTES])
        .args(Sandbox::input(container))
        .args(["-i", url]);
    let output = tokio::time::timeout(wall, sandbox.output(command))
        .await
        .map_err(|_| ProbeError::TimedOut(wall))??;
    let told: Told = serde_json::from_slice(&output).unwrap_or_default();
    let mut info = MediaInfo::of(container);
    info.tracks = told.streams.iter().take(MAX_TRACKS).map(track).collect();
    let plays = |track: &Track| matches!(track.kind, TrackKind::Video | TrackKind::Audio);
    if !info.tracks.iter().any(plays) {
        return Err(ProbeError::Malformed { what: "no stream that ffprobe can tell", at: 0 });
    }
    let seconds = told.format.duration.and_then(|text| text.parse().ok());
    info.duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    info.title = told.format.tags.title.as_deref().and_then(clean);
    let average = told.format.bit_rate.and_then(|text| text.parse().ok());
    info.bitrate = average.map(super::bitrate::Bitrate::flat);
    Ok(info)
}

fn track(stream: &Stream) -> Track {
    let kind = match stream.codec_type.as_str() {
        "video" => TrackKind::Video,
        "audio" => TrackKind::Audio,
        "subtitle" => TrackKind::Subtitle,
        _ => TrackKind::Other,
    };
    let known = CODECS.iter().find(|(name, _)| *name == stream.codec_name);
    let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
    Track {
        codec: known.map(|(name, _)| *name),
        codec_string: known.and_then(|(_, string)| string.map(str::to_owned)),
        language: stream.tags.language.as_deref().and_then(language),
        title: stream.tags.title.as_deref().and_then(clean),
        default: stream.disposition.default != 0,
        forced: stream.disposition.forced != 0,
        width: stream.width,
        height: stream.height,
        frame_rate: stream.avg_frame_rate.as_deref().and_then(fraction),
        channels: stream.channels,
        sample_rate: number(&stream.sample_rate).and_then(|rate| u32::try_from(rate).ok()),
        bitrate: number(&stream.bit_rate),
        ..Track::of(kind, stream.index)
    }
}

/// `25/1` as 25.
fn fraction(text: &str) -> Option<f64> {
    let (over, under) = text.split_once('/')?;
    let value = over.parse::<f64>().ok()? / under.parse::<f64>().ok()?;
    (value.is_finite() && value > 0.0).then_some(value)
}
