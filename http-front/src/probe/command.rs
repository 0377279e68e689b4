//! `millrace probe FILE|URL`: a table for people, JSON for programs.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::http::UrlSource;
use super::info::{MediaInfo, Track, TrackKind};
use super::{FileSource, Limits, ProbeError, probe};

/// What `millrace probe` prints about a file of this machine or behind an `http:` URL, without
/// the last line's end.
///
/// # Errors
/// [`ProbeError`], whose text is for the terminal.
pub async fn command(path_or_url: &str, json: bool) -> Result<String, ProbeError> {
    let limits = Limits::default();
    let info = if path_or_url.contains("://") {
        let source = UrlSource::open(path_or_url).await?;
        probe(&source, &limits).await?
    } else {
        probe(&FileSource::open(Path::new(path_or_url))?, &limits).await?
    };
    if json {
        return serde_json::to_string_pretty(&info).map_err(|_| ProbeError::Unknown);
    }
    Ok(table(&info))
}

/// A probe's answer for people: one line for the file, one for each track, chapter and index.
pub fn table(info: &MediaInfo) -> String {
    let mut text = String::new();
    let mut line = |label: &str, value: String| {
        let _ = writeln!(text, "{label:<10} {value}");
    };
    let container = format!("{:?}", info.container).to_lowercase();
    let fragmented = if info.fragmented { ", fragmented" } else { "" };
    line("container", format!("{container}{fragmented}"));
    if let Some(title) = &info.title {
        line("title", title.clone());
    }
    line("duration", info.duration.map_or("unknown".to_owned(), clock));
    if let Some(bitrate) = &info.bitrate {
        let peak = bitrate.curve.iter().max().map(|peak| format!(", peak {}", rate(*peak)));
        line("bitrate", format!("{}{}", rate(bitrate.average), peak.unwrap_or_default()));
    }
    for track in &info.tracks {
        line(kind(track.kind), describe(track));
    }
    for chapter in &info.chapters {
        let title = chapter.title.clone().unwrap_or_default();
        line("chapter", format!("{} {title}", clock(chapter.start)));
    }
    match &info.keyframes {
        Some(index) => {
            let some = if index.thinned { " of more" } else { "" };
            line("keyframes", format!("{}{some}", index.entries.len()));
        }
        None => line("keyframes", "no index".to_owned()),
    }
    let fetched: u64 = info.fetched.iter().map(|range| range.len()).sum();
    let reads = info.fetched.len();
    line("fetched", format!("{fetched} bytes in {reads} reads"));
    text.truncate(text.trim_end().len());
    text
}

fn kind(kind: TrackKind) -> &'static str {
    match kind {
        TrackKind::Video => "video",
        TrackKind::Audio => "audio",
        TrackKind::Subtitle => "subtitle",
        TrackKind::Other => "other",
    }
}

fn describe(track: &Track) -> String {
    let mut parts = vec![track.codec.unwrap_or("unknown").to_owned()];
    let name = track.codec_string.as_ref();
    parts.extend(name.map(|name| format!("({name})")));
    let size = track.width.zip(track.height);
    parts.extend(size.map(|(width, height)| format!("{width}x{height}")));
    parts.extend(track.frame_rate.map(|rate| format!("{rate:.3} fps")));
    parts.extend(track.channels.map(|channels| format!("{channels} ch")));
    parts.extend(track.sample_rate.map(|hertz| format!("{hertz} Hz")));
    parts.extend(track.bitrate.map(rate));
    parts.extend(track.language.clone());
    parts.extend(track.title.as_ref().map(|title| format!("{title:?}")));
    parts.extend(track.default.then(|| "default".to_owned()));
    parts.extend(track.forced.then(|| "forced".to_owned()));
    parts.join(" ")
}

fn rate(bits: u64) -> String {
    format!("{} kbit/s", bits / 1000)
}

fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hours}:{minutes:02}:{seconds:02}.{:03}", time.subsec_millis())
}
