//! Matroska (RFC 9559) and WebM.
//!
//! | module | concept |
//! | --- | --- |
//! | `ebml` | elements in a slice |
//! | `segment` | a clean segment for the `matroska` crate |
//! | `cues` | time to cluster |
//! | `codecs` | CodecID to names |
//! | `text` | the blocks of a text track |
//! | `describe` | the elements made into [`MediaInfo`] |
//!
//! Only headers are read until what is wanted is found: Info, Tracks, Chapters, Tags and Cues, by
//! the SeekHead wherever they are. Attachments and clusters are never read.

mod codecs;
mod cues;
mod describe;
mod ebml;
mod segment;
mod text;

use wire::ByteRange;

use self::describe::Pieces;
use self::ebml::{Header, elements, find, id};
pub(super) use self::text::text_track;
use super::reader::Reader;
use super::{Container, MediaInfo, ProbeError, Source, blocking};

/// Elements looked at in a segment before its first cluster.
const MAX_LEVEL_1: usize = 512;
/// Bytes of a SeekHead, and of Tags: what is longer is left out.
const MAX_SEEK_HEAD: u64 = 1 << 20;
const MAX_TAGS: u64 = 1 << 20;
/// SeekHeads that lead to one another.
const MAX_SEEK_HEADS: usize = 4;

/// What is fetched, in this order.
const WANTED: [u32; 5] = [id::INFO, id::TRACKS, id::CHAPTERS, id::TAGS, id::CUES];

/// Probes a Matroska or WebM file, from its head to its Cues.
pub(super) async fn probe<S: Source>(reader: &mut Reader<'_, S>) -> Result<MediaInfo, ProbeError> {
    let (container, segment) = open(reader).await?;
    let found = locate(reader, segment).await?;
    let mut pieces = Pieces { segment, len: reader.len(), ..Pieces::default() };
    for place in WANTED.iter().filter_map(|id| found.get(*id)) {
        if place.range.end > reader.len() {
            if matches!(place.id, id::INFO | id::TRACKS) {
                return Err(truncated(place));
            }
            continue;
        }
        if place.id == id::TAGS && place.range.len() > MAX_TAGS {
            continue;
        }
        let whole = reader.exactly(place.range).await?;
        if place.id == id::CUES {
            let header = usize::try_from(place.header).unwrap_or(usize::MAX);
            pieces.cues = Some(whole.slice(header.min(whole.len())..));
        } else {
            pieces.elements.extend_from_slice(&whole);
        }
    }
    if found.get(id::TRACKS).is_none() {
        return Err(malformed("no Tracks", segment));
    }
    blocking(move || describe::describe(&pieces, container)).await?
}

/// Reads the EBML header and the segment's: the container, and where the segment's content
/// begins.
async fn open<S: Source>(reader: &mut Reader<'_, S>) -> Result<(Container, u64), ProbeError> {
    let head = reader.peek(0, Header::MAX).await?;
    let header = Header::read(&head).filter(|header| header.id == id::EBML);
    let (header, ebml) =
        header.zip(elements(&head).next()).ok_or_else(|| malformed("EBML header", 0))?;
    let doc_type = find(ebml.body, id::DOC_TYPE).map(|doc_type| doc_type.body);
    let container = match doc_type {
        Some(b"webm") => Container::WebM,
        _ => Container::Matroska,
    };
    let mut rest = usize::try_from(header.header).unwrap_or(0) + ebml.body.len();
    for _ in 0..MAX_LEVEL_1 {
        let header = head.get(rest..).and_then(Header::read);
        let header = header.ok_or_else(|| malformed("no Segment", rest as u64))?;
        let body = rest as u64 + header.header;
        if header.id == id::SEGMENT {
            let end = header.size.and_then(|size| body.checked_add(size));
            return match end {
                Some(end) if end > reader.len() => {
                    Err(ProbeError::Truncated { what: "Segment", at: rest as u64 })
                }
                _ => Ok((container, body)),
            };
        }
        let next = body.checked_add(header.size.unwrap_or(u64::MAX));
        rest = next
            .and_then(|next| usize::try_from(next).ok())
            .ok_or_else(|| malformed("no Segment", body))?;
    }
    Err(malformed("no Segment", rest as u64))
}

/// Where an element of level 1 lies, header and content.
#[derive(Clone, Copy, Debug)]
struct Place {
    id: u32,
    header: u64,
    range: ByteRange,
}

/// The elements found in a segment, the first of each kind.
#[derive(Default)]
struct Found {
    places: Vec<Place>,
    seek_heads: Vec<Place>,
    /// What SeekHeads say: ID, and position in the file.
    promised: Vec<(u32, u64)>,
}

impl Found {
    fn get(&self, id: u32) -> Option<&Place> {
        self.places.iter().find(|place| place.id == id)
    }

    fn add(&mut self, place: Place) {
        if place.id == id::SEEK_HEAD {
            if self.seek_heads.iter().all(|known| known.range != place.range) {
                self.seek_heads.push(place);
            }
        } else if WANTED.contains(&place.id) && self.get(place.id).is_none() {
            self.places.push(place);
        }
    }
}

/// Finds what is wanted: from the segment's start up to the first cluster, and by the SeekHead.
async fn locate<S: Source>(reader: &mut Reader<'_, S>, segment: u64) -> Result<Found, ProbeError> {
    let mut found = Found::default();
    let mut at = segment;
    for _ in 0..MAX_LEVEL_1 {
        let in_memory = reader.has(ByteRange::new(at, at.saturating_add(Header::MAX)));
        if !in_memory && !found.seek_heads.is_empty() {
            break;
        }
        let Some((place, known)) = place(reader, at).await? else {
            break;
        };
        if place.id == id::CLUSTER || !known {
            break;
        }
        found.add(place);
        at = place.range.end;
    }
    for n in 0..MAX_SEEK_HEADS {
        let Some(seek_head) = found.seek_heads.get(n).copied() else {
            break;
        };
        read_seek_head(reader, segment, &seek_head, &mut found).await?;
        let promised = std::mem::take(&mut found.promised);
        for (id, at) in promised {
            if found.get(id).is_some() || at >= reader.len() {
                continue;
            }
            if let Some((place, true)) = place(reader, at).await?
                && place.id == id
            {
                found.add(place);
            }
        }
    }
    Ok(found)
}

async fn read_seek_head<S: Source>(
    reader: &mut Reader<'_, S>,
    segment: u64,
    place: &Place,
    found: &mut Found,
) -> Result<(), ProbeError> {
    if place.range.len() > MAX_SEEK_HEAD || place.range.end > reader.len() {
        return Ok(());
    }
    let whole = reader.exactly(place.range).await?;
    let header = usize::try_from(place.header).unwrap_or(usize::MAX);
    let seeks = elements(whole.get(header..).unwrap_or_default());
    for seek in seeks.filter(|seek| seek.id == id::SEEK).take(MAX_LEVEL_1) {
        let wanted = find(seek.body, id::SEEK_ID).and_then(|id| id.uint());
        let position = find(seek.body, id::SEEK_POSITION).and_then(|at| at.uint());
        let at = position.and_then(|position| segment.checked_add(position));
        let wanted = wanted.and_then(|id| u32::try_from(id).ok());
        if let Some((wanted, at)) = wanted.zip(at)
            && (WANTED.contains(&wanted) || wanted == id::SEEK_HEAD)
            && !found.promised.contains(&(wanted, at))
        {
            found.promised.push((wanted, at));
        }
    }
    Ok(())
}

/// The element at `at` and whether its length is known; `None` at the end of the file or where
/// there is no element.
async fn place<S: Source>(
    reader: &mut Reader<'_, S>,
    at: u64,
) -> Result<Option<(Place, bool)>, ProbeError> {
    if at >= reader.len() {
        return Ok(None);
    }
    let bytes = reader.peek(at, Header::MAX).await?;
    Ok(Header::read(&bytes).and_then(|header| {
        let end = at.checked_add(header.header)?.checked_add(header.size.unwrap_or(0))?;
        let place = Place { id: header.id, header: header.header, range: ByteRange::new(at, end) };
        Some((place, header.size.is_some()))
    }))
}

/// The pure part on any bytes: elements of a segment, Cues among them.
pub(super) fn read_elements(bytes: &[u8]) -> MediaInfo {
    let cues = find(bytes, id::CUES).map(|cues| bytes::Bytes::copy_from_slice(cues.body));
    let pieces = Pieces { elements: bytes.to_vec(), cues, segment: 0, len: 1 << 40 };
    let told = describe::describe(&pieces, Container::Matroska);
    told.unwrap_or_else(|_| MediaInfo::of(Container::Matroska))
}

fn truncated(place: &Place) -> ProbeError {
    let what = if place.id == id::INFO { "Info" } else { "Tracks" };
    ProbeError::Truncated { what, at: place.range.start }
}

fn malformed(what: &'static str, at: u64) -> ProbeError {
    ProbeError::Malformed { what, at }
}
