//! The index of a fragmented file: `sidx` (ISO 14496-12, 8.16.3) if one spans the file, else
//! `mfra` at its end (8.8.9 to 8.8.11).

use std::time::Duration;

use bytes::Bytes;
use wire::ByteRange;

use super::boxes::{array, boxes, find, u16_at, u32_at, u64_at, versioned};
use super::top;
use crate::probe::bitrate::CurveBuilder;
use crate::probe::info::{MediaInfo, scaled};
use crate::probe::keyframes::{IndexBuilder, KeyframeIndex};
use crate::probe::reader::Reader;
use crate::probe::{ProbeError, Source};

/// Boxes looked at between `moov` and the first `moof`.
const MAX_BEFORE_MOOF: usize = 8;
/// `mfro`'s length.
const MFRO: u64 = 16;
/// A `sidx` that ends so close to the file's end spans it: only `mfra` may follow.
const TAIL: u64 = 1 << 20;
/// The last `moof` is read only up to this length.
const MAX_MOOF: u64 = 1 << 20;

/// The track whose fragments are the index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FragmentedTrack {
    pub(super) id: u32,
    pub(super) timescale: u64,
    /// Where its edit list begins, in its timescale.
    pub(crate) media_time: u64,
}

/// Fetches the index of a fragmented file, if it has one, and fills in what it tells. `after` is
/// the end of `moov`.
pub(super) async fn index<S: Source>(
    reader: &mut Reader<'_, S>,
    after: u64,
    track: &FragmentedTrack,
    info: &mut MediaInfo,
) -> Result<(), ProbeError> {
    if let Some((body, end)) = segment_index(reader, after).await?
        && let Some((keyframes, duration)) = read_sidx(&body, end, reader.len())
    {
        let (keyframes, duration) = corrected(reader, track, keyframes, duration).await?;
        info.keyframes = Some(keyframes);
        info.duration = Some(duration);
    } else if let Some(mfra) = random_access(reader).await? {
        info.keyframes = read_mfra(&mfra, track);
        if info.duration.is_none() {
            info.duration = last_fragment(reader, track, info.keyframes.as_ref()).await?;
        }
    }
    let entries = info.keyframes.as_ref().map(|index| index.entries.as_slice());
    let curve = CurveBuilder::between(entries.unwrap_or_default(), reader.len(), info.duration);
    info.bitrate = curve.finish(reader.len(), info.duration);
    Ok(())
}

/// The `sidx` before the first fragment, and where the box ends.
async fn segment_index<S: Source>(
    reader: &mut Reader<'_, S>,
    mut at: u64,
) -> Result<Option<(Bytes, u64)>, ProbeError> {
    for _ in 0..MAX_BEFORE_MOOF {
        let Ok(Some(top)) = top(reader, at).await else {
            return Ok(None);
        };
        match &top.name {
            b"sidx" if top.end <= reader.len() => {
                let body = reader.exactly(ByteRange::new(top.body, top.end)).await?;
                return Ok(Some((body, top.end)));
            }
            b"moof" | b"mdat" => return Ok(None),
            _ => at = top.end,
        }
    }
    Ok(None)
}

/// The keyframes and the duration that a `sidx` ending at `end` tells, if it spans the file.
pub(super) fn read_sidx(sidx: &[u8], end: u64, len: u64) -> Option<(KeyframeIndex, Duration)> {
    let wide = *sidx.first()? != 0;
    let timescale = u64::from(u32_at(sidx, 8)?);
    let (mut time, first, count_at) = if wide {
        (u64_at(sidx, 12)?, u64_at(sidx, 20)?, 30)
    } else {
        (u32_at(sidx, 12)?.into(), u32_at(sidx, 16)?.into(), 22)
    };
    let mut offset = end.checked_add(first)?;
    let mut index = IndexBuilder::default();
    let rows = sidx.get(count_at + 2..)?.chunks_exact(12);
    for row in rows.take(usize::from(u16_at(sidx, count_at)?)) {
        index.push(scaled(time, timescale)?, offset);
        offset = offset.checked_add(u64::from(u32_at(row, 0)? & 0x7FFF_FFFF))?;
        time = time.checked_add(u64::from(u32_at(row, 4)?))?;
    }
    let spans = offset.saturating_add(TAIL) >= len && offset <= len;
    let duration = scaled(time, timescale)?;
    let index = index.finish().filter(|_| spans)?;
    (index.entries.len() > 1).then_some((index, duration))
}

/// The content of `mfra`, found by the `mfro` that ends the file.
async fn random_access<S: Source>(reader: &mut Reader<'_, S>) -> Result<Option<Bytes>, ProbeError> {
    let len = reader.len();
    let Some(at) = len.checked_sub(MFRO) else {
        return Ok(None);
    };
    let mfro = reader.exactly(ByteRange::new(at, len)).await?;
    let size = u32_at(&mfro, 12).map(u64::from);
    let Some(size) = size.filter(|_| array(&mfro, 4) == Some(*b"mfro")) else {
        return Ok(None);
    };
    let Some(start) = len.checked_sub(size) else {
        return Ok(None);
    };
    let mfra = reader.exactly(ByteRange::new(start, len)).await?;
    let found = array(&mfra, 4) == Some(*b"mfra");
    Ok(found.then(|| mfra.slice(8.min(mfra.len())..)))
}

/// The entries of the track's `tfra`.
pub(super) fn read_mfra(mfra: &[u8], track: &FragmentedTrack) -> Option<KeyframeIndex> {
    let mut tables = boxes(mfra).filter(|b| &b.name == b"tfra");
    let tfra = tables.find(|b| u32_at(b.body, 4) == Some(track.id))?.body;
    let wide = *tfra.first()? != 0;
    let lengths = u32_at(tfra, 8)?;
    let numbers: u32 = [0, 2, 4].iter().map(|shift| (lengths >> shift & 3) + 1).sum();
    let width = if wide { 16 } else { 8 } + usize::try_from(numbers).ok()?;
    let count = usize::try_from(u32_at(tfra, 12)?).ok()?;
    let mut index = IndexBuilder::default();
    for row in tfra.get(16..)?.chunks_exact(width).take(count) {
        let (time, moof) = if wide {
            (u64_at(row, 0)?, u64_at(row, 8)?)
        } else {
            (u32_at(row, 0)?.into(), u32_at(row, 4)?.into())
        };
        let time = time.saturating_sub(track.media_time);
        index.push(scaled(time, track.timescale)?, moof);
    }
    index.finish()
}

/// When the last fragment of the track ends.
async fn last_fragment<S: Source>(
    reader: &mut Reader<'_, S>,
    track: &FragmentedTrack,
    index: Option<&KeyframeIndex>,
) -> Result<Option<Duration>, ProbeError> {
    let Some(last) = index.and_then(|index| index.entries.last()) else {
        return Ok(None);
    };
    let span = fragment(reader, track, last.offset).await?;
    Ok(span.map(|(_, end)| end))
}

/// The index with its first time where the first fragment has it: ffmpeg writes a `sidx` as if
/// composition began at 0.
async fn corrected<S: Source>(
    reader: &mut Reader<'_, S>,
    track: &FragmentedTrack,
    mut index: KeyframeIndex,
    end: Duration,
) -> Result<(KeyframeIndex, Duration), ProbeError> {
    let Some(first) = index.entries.first().copied() else {
        return Ok((index, end));
    };
    let Some((begin, _)) = fragment(reader, track, first.offset).await? else {
        return Ok((index, end));
    };
    let moved = |time: Duration| begin.saturating_add(time.saturating_sub(first.time));
    index.entries.iter_mut().for_each(|entry| entry.time = moved(entry.time));
    Ok((index, moved(end)))
}

/// When the track's fragment in the `moof` at `at` begins and ends; `None` without one.
async fn fragment<S: Source>(
    reader: &mut Reader<'_, S>,
    track: &FragmentedTrack,
    at: u64,
) -> Result<Option<(Duration, Duration)>, ProbeError> {
    let Ok(Some(top)) = top(reader, at).await else {
        return Ok(None);
    };
    if &top.name != b"moof" || top.end > reader.len() || top.end - top.body > MAX_MOOF {
        return Ok(None);
    }
    let moof = reader.exactly(ByteRange::new(top.body, top.end)).await?;
    Ok(fragment_span(&moof, track))
}

/// When the first sample of the track in the content of a `moof` is shown, and when the last one
/// shown ends: `tfdt`, the durations before it, its composition offset (8.8.8) and its own
/// duration.
pub(crate) fn fragment_span(moof: &[u8], track: &FragmentedTrack) -> Option<(Duration, Duration)> {
    let mut fragments = boxes(moof).filter(|b| &b.name == b"traf").map(|b| b.body);
    let traf = fragments.find(|traf| {
        let tfhd = find(traf, b"tfhd");
        tfhd.and_then(|tfhd| u32_at(tfhd, 4)) == Some(track.id)
    })?;
    let default = default_duration(find(traf, b"tfhd")?);
    let mut time = find(traf, b"tfdt").and_then(|tfdt| versioned(tfdt, 4))?;
    let (mut begin, mut end) = (None, time);
    for trun in boxes(traf).filter(|b| &b.name == b"trun").map(|b| b.body) {
        let flags = u32_at(trun, 0)?;
        let count = usize::try_from(u32_at(trun, 4)?).ok()?;
        let width = |wanted: &[u32]| wanted.iter().filter(|flag| flags & **flag != 0).count() * 4;
        let rows = trun.get(8 + width(&[0x1, 0x4])..)?;
        let row_width = width(&[0x100, 0x200, 0x400, 0x800]);
        if row_width == 0 {
            begin = begin.or(Some(time));
            let all = u64::from(default?).saturating_mul(count as u64);
            time = time.saturating_add(all);
            end = end.max(time);
            continue;
        }
        for row in rows.chunks_exact(row_width).take(count) {
            let own = if flags & 0x100 == 0 { default } else { u32_at(row, 0) };
            let shown = if flags & 0x800 == 0 { Some(0) } else { u32_at(row, row_width - 4) };
            let shift = i64::from(shown?.cast_signed());
            begin = begin.or(Some(time.saturating_add_signed(shift)));
            time = time.saturating_add(u64::from(own?));
            end = end.max(time.saturating_add_signed(shift));
        }
    }
    let edited = |time: u64| scaled(time.saturating_sub(track.media_time), track.timescale);
    edited(begin?).zip(edited(end))
}

/// `default_sample_duration` of a `tfhd`, behind the optional fields before it.
fn default_duration(tfhd: &[u8]) -> Option<u32> {
    let flags = u32_at(tfhd, 0)?;
    let before = [(0x1, 8), (0x2, 4)];
    let at = before.iter().filter(|(flag, _)| flags & flag != 0);
    let at = 8 + at.map(|(_, size)| size).sum::<usize>();
    if flags & 0x8 == 0 { None } else { u32_at(tfhd, at) }
}

/// The pure readers of this module on any bytes.
pub(in crate::probe) fn read_any(bytes: &[u8]) {
    let track = FragmentedTrack { id: 1, timescale: 1000, media_time: 0 };
    let _ = read_sidx(bytes, 0, bytes.len() as u64);
    let _ = read_mfra(bytes, &track);
    let _ = fragment_span(bytes, &track);
}
