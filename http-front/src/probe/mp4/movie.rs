//! Our own walk of `moov`: what mp4parse does not tell, and where the tables lie.

use std::time::Duration;

use super::boxes::{Mp4Box, Table, array, boxes, find, u16_at, u32_at, u64_at, versioned};
use super::samples::Samples;
use crate::probe::info::{Chapter, clean, language, scaled};

/// Tracks of a file; more are not told.
const MAX_TRACKS: usize = 128;

/// What `moov` says (ISO 14496-12, 8.2).
#[derive(Debug, Default)]
pub(super) struct Movie<'a> {
    pub(super) mvhd: &'a [u8],
    pub(super) timescale: u64,
    pub(super) duration: Option<Duration>,
    /// Whether `mvex` announces fragments.
    pub(super) fragmented: bool,
    pub(super) tracks: Vec<Trak<'a>>,
    pub(super) chapters: Vec<Chapter>,
    pub(super) title: Option<String>,
}

/// What a `trak` says (8.3).
#[derive(Debug, Default)]
pub(super) struct Trak<'a> {
    pub(super) id: u32,
    pub(super) enabled: bool,
    /// From `tkhd`, in whole pixels.
    pub(super) size: Option<(u32, u32)>,
    pub(super) handler: [u8; 4],
    pub(super) timescale: u64,
    /// In units of the timescale.
    pub(super) duration: Option<u64>,
    pub(super) language: Option<String>,
    pub(super) title: Option<String>,
    pub(super) edit: Edit,
    /// The first sample description.
    pub(super) entry: Option<Mp4Box<'a>>,
    pub(super) samples: Samples<'a>,
    /// Tracks that hold this one's chapter names (QuickTime `tref`/`chap`).
    pub(super) chapter_tracks: Vec<u32>,
    pub(super) tkhd: &'a [u8],
    pub(super) mdhd: &'a [u8],
    pub(super) hdlr: &'a [u8],
}

/// The first edit that shows something (8.6.6), and the empty one before it.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Edit {
    /// Nothing is shown for so long, in the movie's timescale.
    pub(super) empty: u64,
    /// The first media time that is shown, in the track's timescale.
    pub(super) media_time: u64,
}

/// Walks the body of `moov`.
pub(super) fn movie(moov: &[u8]) -> Movie<'_> {
    let mut movie = Movie::default();
    for b in boxes(moov) {
        match &b.name {
            b"mvhd" => {
                let wide = b.body.first().is_some_and(|version| *version != 0);
                let (scale, duration) = if wide { (20, 24) } else { (12, 16) };
                movie.mvhd = b.whole;
                movie.timescale = u32_at(b.body, scale).unwrap_or(0).into();
                movie.duration = known(versioned(b.body, duration), wide)
                    .and_then(|ticks| scaled(ticks, movie.timescale));
            }
            b"mvex" => {
                movie.fragmented = true;
                let whole = find(b.body, b"mehd").and_then(|mehd| versioned(mehd, 4));
                let whole = whole.and_then(|ticks| scaled(ticks, movie.timescale));
                movie.duration = whole.filter(|d| !d.is_zero()).or(movie.duration);
            }
            b"trak" if movie.tracks.len() < MAX_TRACKS => movie.tracks.push(trak(b.body)),
            b"udta" => {
                movie.chapters = chapters(b.body);
                movie.title = title(b.body);
            }
            _ => {}
        }
    }
    movie
}

fn trak(body: &[u8]) -> Trak<'_> {
    let mut trak = Trak::default();
    for b in boxes(body) {
        match &b.name {
            b"tkhd" => {
                let wide = b.body.first().is_some_and(|version| *version != 0);
                let (id, width) = if wide { (20, 88) } else { (12, 76) };
                trak.tkhd = b.whole;
                trak.enabled = b.body.get(3).is_some_and(|flags| flags & 1 != 0);
                trak.id = u32_at(b.body, id).unwrap_or(0);
                let pixels = |at| u32_at(b.body, at).map(|fixed| fixed >> 16);
                trak.size = pixels(width).zip(pixels(width + 4));
            }
            b"edts" => trak.edit = find(b.body, b"elst").and_then(edit).unwrap_or_default(),
            b"tref" => {
                let chap = find(b.body, b"chap").unwrap_or_default();
                trak.chapter_tracks =
                    chap.chunks_exact(4).take(MAX_TRACKS).filter_map(|id| u32_at(id, 0)).collect();
            }
            b"udta" => {
                let name = find(b.body, b"name").map(String::from_utf8_lossy);
                trak.title = name.and_then(|name| clean(&name)).or_else(|| title(b.body));
            }
            b"mdia" => mdia(b.body, &mut trak),
            _ => {}
        }
    }
    trak
}

fn mdia<'a>(body: &'a [u8], trak: &mut Trak<'a>) {
    let mut extended = None;
    for b in boxes(body) {
        match &b.name {
            b"mdhd" => {
                let wide = b.body.first().is_some_and(|version| *version != 0);
                let (scale, duration) = if wide { (20, 24) } else { (12, 16) };
                trak.mdhd = b.whole;
                trak.timescale = u32_at(b.body, scale).unwrap_or(0).into();
                trak.duration = known(versioned(b.body, duration), wide);
                let code = u16_at(b.body, if wide { 32 } else { 20 });
                trak.language = code.and_then(packed_language);
            }
            b"elng" => {
                let text = b.body.get(4..).unwrap_or_default();
                extended = language(&String::from_utf8_lossy(text));
            }
            b"hdlr" => {
                trak.hdlr = b.whole;
                trak.handler = array(b.body, 8).unwrap_or_default();
            }
            b"minf" => {
                if let Some(stbl) = find(b.body, b"stbl") {
                    trak.samples = Samples::read(stbl);
                    let stsd = find(stbl, b"stsd").and_then(|stsd| stsd.get(8..));
                    trak.entry = stsd.and_then(|stsd| boxes(stsd).next());
                }
            }
            _ => {}
        }
    }
    trak.language = extended.or(trak.language.take());
}

/// A duration that is not "unknown": all ones, or zero.
fn known(ticks: Option<u64>, wide: bool) -> Option<u64> {
    let unknown = if wide { u64::MAX } else { u64::from(u32::MAX) };
    ticks.filter(|ticks| *ticks != 0 && *ticks != unknown)
}

/// `mdhd`'s language: three letters of 5 bits, each less 0x60; QuickTime's own codes are small
/// numbers, of which English is 0.
fn packed_language(code: u16) -> Option<String> {
    if code < 0x400 || code == 0x7FFF {
        return None;
    }
    let letter = |shift: u16| char::from(0x60 + (code >> shift & 0x1F).to_le_bytes()[0]);
    let text: String = [letter(10), letter(5), letter(0)].iter().collect();
    let plain = text.bytes().all(|byte| byte.is_ascii_lowercase());
    if plain { language(&text) } else { None }
}

fn edit(elst: &[u8]) -> Option<Edit> {
    let wide = *elst.first()? != 0;
    let table = Table::read(elst, 4, if wide { 20 } else { 12 })?;
    let mut edit = Edit::default();
    for n in 0..table.len().min(16) {
        let row = table.row(n)?;
        let (length, media_time) = if wide {
            (u64_at(row, 0)?, u64_at(row, 8)?.cast_signed())
        } else {
            (u64::from(u32_at(row, 0)?), i64::from(u32_at(row, 4)?.cast_signed()))
        };
        match u64::try_from(media_time) {
            Ok(media_time) => return Some(Edit { media_time, ..edit }),
            Err(_) => edit.empty = edit.empty.saturating_add(length),
        }
    }
    None
}

/// Nero's `chpl`: a count, then for each chapter its start in units of 100 ns and its name.
fn chapters(udta: &[u8]) -> Vec<Chapter> {
    let mut list: Vec<Chapter> = Vec::new();
    let chpl = find(udta, b"chpl").unwrap_or_default();
    let wide = chpl.first().is_some_and(|version| *version != 0);
    let mut rest = chpl.get(if wide { 9 } else { 5 }..).unwrap_or_default();
    while let Some((start, length)) = u64_at(rest, 0).zip(rest.get(8).copied()) {
        let end = 9 + usize::from(length);
        let Some(name) = rest.get(9..end) else { break };
        rest = rest.get(end..).unwrap_or_default();
        let Some(start) = scaled(start, 10_000_000) else {
            break;
        };
        list.push(Chapter { start, end: None, title: clean(&String::from_utf8_lossy(name)) });
    }
    list.sort_by_key(|chapter| chapter.start);
    let starts: Vec<Duration> = list.iter().map(|chapter| chapter.start).collect();
    for (chapter, next) in list.iter_mut().zip(starts.into_iter().skip(1)) {
        chapter.end = Some(next);
    }
    list
}

/// iTunes' `meta`/`ilst`/`©nam`, or QuickTime's `©nam`.
fn title(udta: &[u8]) -> Option<String> {
    let meta = find(udta, b"meta").and_then(|meta| meta.get(4..));
    let itunes = meta
        .and_then(|meta| find(meta, b"ilst"))
        .and_then(|list| find(list, b"\xA9nam"))
        .and_then(|item| find(item, b"data"))
        .and_then(|data| data.get(8..));
    let quicktime = || find(udta, b"\xA9nam").and_then(|text| text.get(4..));
    let text = itunes.or_else(quicktime)?;
    clean(&String::from_utf8_lossy(text))
}
