//! `moov` made into [`MediaInfo`]: tracks, keyframes, bitrate.

use std::ops::ControlFlow;
use std::time::Duration;

use super::entry::describe;
use super::fragments::FragmentedTrack;
use super::movie::{Movie, Trak, movie};
use super::samples::Sample;
use crate::probe::bitrate::CurveBuilder;
use crate::probe::info::{Track, TrackKind, scaled};
use crate::probe::keyframes::IndexBuilder;
use crate::probe::{Container, MediaInfo};

/// Samples looked at in one file, over all tracks; twelve hours at 60 frames a second with two
/// AAC tracks are 6.7 million.
const MAX_SAMPLES: u64 = 16_000_000;

/// Audio can be entered anywhere: once a second will do.
const AUDIO_GAP: Duration = Duration::from_secs(1);

/// What the content of `moov` says.
pub(in crate::probe) struct Moov {
    pub(in crate::probe) info: MediaInfo,
    /// The track to be indexed by its fragments, if there are any.
    pub(in crate::probe) fragmented: Option<FragmentedTrack>,
    /// Where the last sample ends, in bytes from the file's start.
    pub(in crate::probe) data_end: u64,
}

/// What the content of `moov` says about a file of `len` bytes.
pub(in crate::probe) fn read_moov(moov: &[u8], container: Container, len: u64) -> Moov {
    let movie = movie(moov);
    let mut info = MediaInfo::of(container);
    info.fragmented = movie.fragmented;
    info.title = movie.title.clone();
    info.duration = movie.duration.or_else(|| longest(&movie));
    info.tracks = movie.tracks.iter().map(|trak| track(&movie, trak)).collect();
    info.chapters = movie.chapters.clone();
    let indexed = indexed(&movie);
    if movie.fragmented && movie.tracks.iter().all(|trak| trak.samples.count() == 0) {
        let fragmented = indexed.and_then(|n| {
            let trak = movie.tracks.get(n)?;
            Some(FragmentedTrack {
                id: trak.id,
                timescale: trak.timescale,
                media_time: trak.edit.media_time,
            })
        });
        return Moov { info, fragmented, data_end: 0 };
    }
    let mut data_end = 0;
    let mut left = MAX_SAMPLES;
    let mut curve = CurveBuilder::new();
    for (n, (trak, track)) in movie.tracks.iter().zip(&mut info.tracks).enumerate() {
        let mut index = (indexed == Some(n)).then(|| match track.kind {
            TrackKind::Audio => IndexBuilder::spaced(AUDIO_GAP),
            _ => IndexBuilder::default(),
        });
        let walked = walk(&movie, trak, track, &mut left, &mut curve, &mut index);
        data_end = data_end.max(walked);
        if let Some(index) = index {
            info.keyframes = index.finish();
        }
    }
    info.bitrate = curve.finish(len, info.duration);
    Moov { info, fragmented: None, data_end }
}

fn longest(movie: &Movie<'_>) -> Option<Duration> {
    let durations = movie.tracks.iter();
    durations.filter_map(|trak| scaled(trak.duration?, trak.timescale)).max()
}

/// The first video track, else the first audio track.
fn indexed(movie: &Movie<'_>) -> Option<usize> {
    let of = |handler: &[u8; 4]| movie.tracks.iter().position(|trak| &trak.handler == handler);
    of(b"vide").or_else(|| of(b"soun"))
}

fn track(movie: &Movie<'_>, trak: &Trak<'_>) -> Track {
    let mut chapters = movie.tracks.iter().flat_map(|trak| &trak.chapter_tracks);
    let names_chapters = chapters.any(|id| *id == trak.id);
    let kind = match &trak.handler {
        b"vide" => TrackKind::Video,
        b"soun" => TrackKind::Audio,
        b"subt" | b"sbtl" | b"text" | b"clcp" | b"subp" if !names_chapters => TrackKind::Subtitle,
        _ => TrackKind::Other,
    };
    let mut track = Track::of(kind, u64::from(trak.id));
    track.language = trak.language.clone();
    track.title = trak.title.clone();
    track.default = trak.enabled;
    if kind == TrackKind::Video {
        let seen = trak.size.filter(|(width, height)| *width != 0 && *height != 0);
        (track.width, track.height) = seen.unzip();
        let seconds = trak.duration.and_then(|ticks| scaled(ticks, trak.timescale));
        let frames = Some(trak.samples.count()).filter(|count| *count > 1);
        track.frame_rate = frames
            .zip(seconds)
            .map(|(frames, time)| frames as f64 / time.as_secs_f64())
            .filter(|rate| rate.is_finite());
    }
    describe(movie, trak, &mut track);
    track
}

/// One pass over a track's samples: bytes over time, and where its sync samples are. Gives the end
/// of the last of those that it looked at.
fn walk(
    movie: &Movie<'_>,
    trak: &Trak<'_>,
    track: &mut Track,
    left: &mut u64,
    curve: &mut CurveBuilder,
    index: &mut Option<IndexBuilder>,
) -> u64 {
    let duration = trak.duration.and_then(|ticks| scaled(ticks, trak.timescale));
    let shift = scaled(trak.edit.empty, movie.timescale).unwrap_or_default();
    let mut bytes = trak.samples.equal_bytes();
    let mut data_end = 0;
    if let Some(bytes) = bytes {
        curve.spread(shift, shift.saturating_add(duration.unwrap_or_default()), bytes);
    }
    if bytes.is_none() || index.is_some() {
        let mut sum: u64 = 0;
        trak.samples.walk(|sample| {
            if *left == 0 {
                return ControlFlow::Break(());
            }
            *left -= 1;
            sum = sum.saturating_add(u64::from(sample.size));
            let end = sample.offset.map(|offset| offset.saturating_add(u64::from(sample.size)));
            data_end = data_end.max(end.unwrap_or(0));
            let time = scaled(sample.dts, trak.timescale).unwrap_or_default();
            if bytes.is_none() {
                curve.add(time.saturating_add(shift), u64::from(sample.size));
            }
            if let Some(index) = index.as_mut().filter(|_| sample.sync) {
                push(index, trak, shift, sample);
            }
            ControlFlow::Continue(())
        });
        bytes = bytes.or(Some(sum));
    }
    track.bitrate = bytes
        .zip(duration)
        .map(|(bytes, time)| u128::from(bytes) * 8000 / time.as_millis().max(1))
        .and_then(|rate| u64::try_from(rate).ok())
        .filter(|rate| *rate != 0);
    data_end
}

/// A sync sample, at the time at which it is shown.
fn push(index: &mut IndexBuilder, trak: &Trak<'_>, shift: Duration, sample: Sample) {
    let begin = i64::try_from(trak.edit.media_time).unwrap_or(i64::MAX);
    let shown = u64::try_from(sample.cts.saturating_sub(begin)).unwrap_or(0);
    if let Some((time, offset)) = scaled(shown, trak.timescale).zip(sample.offset) {
        index.push(time.saturating_add(shift), offset);
    }
}
