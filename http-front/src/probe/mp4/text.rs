//! Timed text (3GPP TS 26.245): the samples of a `tx3g` track that are there.

use std::ops::{ControlFlow, Range};
use std::time::Duration;

use bytes::Bytes;

use super::boxes::u16_at;
use super::movie::{Movie, Trak, movie};
use super::{Reader, locate, malformed};
use crate::probe::info::scaled;
use crate::probe::text::{MAX_SAMPLE, MAX_SAMPLES, NEAR, Partial, TextSample, Texts, Window};
use crate::probe::{Limits, ProbeError, blocking};

/// Where one sample lies and when it is shown.
struct Place {
    start: Duration,
    end: Option<Duration>,
    offset: u64,
    size: u64,
}

/// The samples of the track shown in `times`; those of fragments are not looked for.
pub(in crate::probe) async fn text_track<S: Partial>(
    mut window: Window<'_, S>,
    number: u64,
    times: Range<Duration>,
) -> Result<Texts, ProbeError> {
    let mut reader = Reader::new(window.source, &Limits::default());
    let (moov, _) = locate(&mut reader).await?;
    let places = blocking(move || places(&moov, number)).await?;
    let places = places.ok_or_else(|| malformed("no such track", 0))?;
    let shown =
        |place: &Place| place.start < times.end && place.end.is_none_or(|end| end > times.start);
    let mut samples = Vec::new();
    for Place { start, end, offset, size } in places.into_iter().filter(shown) {
        let sample = window.exactly(offset, size, NEAR).await?;
        if start < times.start {
            window.missing = None;
        }
        let Some(sample) = sample else { continue };
        if let Some(text) = text(&sample) {
            samples.push(TextSample { start, end, text });
        }
    }
    Ok(Texts { samples, missing: window.missing })
}

fn places(moov: &[u8], number: u64) -> Option<Vec<Place>> {
    let movie = movie(moov);
    let trak = movie.tracks.iter().find(|trak| u64::from(trak.id) == number)?;
    let mut places: Vec<Place> = Vec::new();
    trak.samples.walk(|sample| {
        let start = shown(&movie, trak, sample.dts);
        if let Some(last) = places.last_mut() {
            last.end = last.end.or(start);
        }
        let size = u64::from(sample.size);
        if let Some((start, offset)) = start.zip(sample.offset)
            && size <= MAX_SAMPLE
        {
            places.push(Place { start, end: None, offset, size });
        }
        match places.len() < MAX_SAMPLES {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
    Some(places)
}

/// When a sample is shown, by the track's edit list.
fn shown(movie: &Movie<'_>, trak: &Trak<'_>, dts: u64) -> Option<Duration> {
    let within = scaled(dts.saturating_sub(trak.edit.media_time), trak.timescale)?;
    let before = scaled(trak.edit.empty, movie.timescale).unwrap_or_default();
    within.checked_add(before)
}

/// The text of a sample behind its length; an empty one is a pause.
fn text(sample: &Bytes) -> Option<Bytes> {
    let length = usize::from(u16_at(sample, 0)?);
    let inside = length > 0 && length + 2 <= sample.len();
    inside.then(|| sample.slice(2..2 + length))
}
