//! What the elements of a segment say, made into [`MediaInfo`].

use std::collections::HashMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use matroska::{Matroska, Settings, TagValue, Tracktype};

use super::cues::{self, Scale};
use super::ebml::{find, id};
use super::{codecs, segment};
use crate::probe::bitrate::CurveBuilder;
use crate::probe::info::{Chapter, Track, TrackKind, clean, language};
use crate::probe::{Container, MediaInfo, ProbeError};

/// Tracks and chapters of a file; more are not told.
const MAX_TRACKS: usize = 128;
const MAX_CHAPTERS: usize = 4096;
/// TimestampScale when it is not said: 1 ms.
const MILLISECOND: u64 = 1_000_000;

/// The pieces of a segment that were fetched.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// Info, Tracks, Chapters and Tags, whole, one after another.
    pub(super) elements: Vec<u8>,
    /// The content of Cues.
    pub(super) cues: Option<bytes::Bytes>,
    /// Where the segment's content begins in the file.
    pub(super) segment: u64,
    /// The file's length in bytes.
    pub(super) len: u64,
}

/// What the pieces say.
///
/// # Errors
/// [`ProbeError::Unknown`] when the `matroska` crate does not understand what we made for it.
pub(super) fn describe(pieces: &Pieces, container: Container) -> Result<MediaInfo, ProbeError> {
    let file = segment::rebuild(&pieces.elements);
    let open = || Matroska::open(Cursor::new(file));
    let opened = catch_unwind(AssertUnwindSafe(open)).map_err(|_| ProbeError::Unknown)?;
    let parsed = opened.map_err(|_| ProbeError::Unknown)?;

    let mut info = MediaInfo::of(container);
    info.duration = parsed.info.duration.filter(|duration| !duration.is_zero());
    info.title = parsed.info.title.as_deref().and_then(clean).or_else(|| title(&parsed));
    let rates = track_rates(&parsed);
    let tracks = parsed.tracks.iter().take(MAX_TRACKS);
    info.tracks =
        tracks.map(|of| Track { bitrate: rates.get(&of.uid).copied(), ..track(of) }).collect();
    info.chapters = chapters(&parsed);
    if let Some(cues) = &pieces.cues {
        let video = info.first(TrackKind::Video).or(info.first(TrackKind::Audio));
        let scale = Scale { tick: tick(&pieces.elements), segment: pieces.segment };
        info.keyframes = cues::read(cues, video.map(|track| track.number), scale);
        if let Some(index) = &mut info.keyframes {
            index.entries.retain(|entry| entry.offset < pieces.len);
        }
        info.keyframes.take_if(|index| index.entries.is_empty());
    }
    let entries = info.keyframes.as_ref().map(|index| index.entries.as_slice());
    let curve = CurveBuilder::between(entries.unwrap_or_default(), pieces.len, info.duration);
    info.bitrate = curve.finish(pieces.len, info.duration);
    Ok(info)
}

fn tick(elements: &[u8]) -> u64 {
    find(elements, id::INFO)
        .and_then(|info| find(info.body, id::TIMESTAMP_SCALE)?.uint())
        .filter(|tick| *tick != 0)
        .unwrap_or(MILLISECOND)
}

fn track(of: &matroska::Track) -> Track {
    let kind = match of.tracktype {
        Tracktype::Video => TrackKind::Video,
        Tracktype::Audio => TrackKind::Audio,
        Tracktype::Subtitle => TrackKind::Subtitle,
        _ => TrackKind::Other,
    };
    let mut track = Track::of(kind, of.number);
    let private = of.codec_private.as_deref().unwrap_or_default();
    let small = |value: u64| u32::try_from(value).ok().filter(|value| *value != 0);
    let mut bits = None;
    match &of.settings {
        Settings::Video(video) => {
            track.width = small(video.pixel_width);
            track.height = small(video.pixel_height);
        }
        Settings::Audio(audio) => {
            track.channels = Some(small(audio.channels).unwrap_or(1));
            let rate = if audio.sample_rate >= 1.0 { audio.sample_rate } else { 8000.0 };
            track.sample_rate = Some(rate.round() as u32);
            bits = audio.bit_depth;
        }
        Settings::None => {}
    }
    track.codec = codecs::name(&of.codec_id, private, bits);
    track.codec_string = track.codec.and_then(|name| codecs::string(name, &of.codec_id, private));
    track.language = match &of.language {
        Some(said) => language(&said.to_string()),
        None => Some("eng".to_owned()),
    };
    track.title = of.name.as_deref().and_then(clean);
    track.default = of.default;
    track.forced = of.forced;
    if kind == TrackKind::Video {
        let frame = of.default_duration.filter(|frame| !frame.is_zero());
        track.frame_rate = frame.map(|frame| 1.0 / frame.as_secs_f64());
    }
    track
}

/// Chapters of the default edition, else of the first.
fn chapters(parsed: &Matroska) -> Vec<Chapter> {
    let mut editions = parsed.chapters.iter().filter(|edition| !edition.hidden);
    let default = editions.clone().find(|edition| edition.default);
    let Some(edition) = default.or_else(|| editions.next()) else {
        return Vec::new();
    };
    let shown = edition.chapters.iter().filter(|chapter| !chapter.hidden);
    let mut list: Vec<Chapter> = shown
        .take(MAX_CHAPTERS)
        .map(|chapter| Chapter {
            start: chapter.time_start,
            end: chapter.time_end.filter(|end| *end > Duration::ZERO),
            title: chapter.display.first().and_then(|shown| clean(&shown.string)),
        })
        .collect();
    list.sort_by_key(|chapter| chapter.start);
    list
}

/// The `TITLE` tag of the whole file.
fn title(parsed: &Matroska) -> Option<String> {
    let whole = parsed.tags.iter().filter(|tag| match &tag.targets {
        Some(targets) => targets.track_uids.is_empty() && targets.chapter_uids.is_empty(),
        None => true,
    });
    whole.into_iter().find_map(|tag| clean(text(tag, "TITLE")?))
}

/// The `BPS` tags that mkvmerge writes, by track UID.
fn track_rates(parsed: &Matroska) -> HashMap<u64, u64> {
    let mut rates = HashMap::new();
    for tag in &parsed.tags {
        let rate = text(tag, "BPS").and_then(|text| text.parse().ok());
        let uids = tag.targets.iter().flat_map(|targets| &targets.track_uids);
        rates.extend(uids.zip(rate.into_iter().cycle()).map(|(uid, rate)| (*uid, rate)));
    }
    rates
}

fn text<'a>(tag: &'a matroska::Tag, name: &str) -> Option<&'a str> {
    let mut named = tag.simple.iter().filter(|simple| simple.name == name);
    match named.next()?.value.as_ref()? {
        TagValue::String(text) => Some(text),
        TagValue::Binary(_) => None,
    }
}
