//! Text in blocks (RFC 9559, 5.1.3): those of one track, from the clusters that are there.
//!
//! When the Cues name each block of the track and where it lies in its cluster, as mkvmerge's and
//! ffmpeg's do, only those blocks are read. Else the clusters that are there are walked, header by
//! header; where bytes are missing the walk goes on at the next cluster that the Cues know. Of a
//! stretch of film only the blocks and clusters of that time are looked at.

use std::io::Read as _;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use flate2::read::ZlibDecoder;

use super::ebml::{Element, Header, elements, find, id};
use super::{Found, Place, locate, malformed, open};
use crate::probe::info::scaled;
use crate::probe::reader::Reader;
use crate::probe::text::{
    AHEAD, LINGERS, MAX_SAMPLE, MAX_SAMPLES, NEAR, Partial, TextSample, Texts, Window,
};
use crate::probe::{Limits, ProbeError};

const TRACK_ENTRY: u32 = 0xAE;
const TRACK_NUMBER: u32 = 0xD7;
const CODEC_ID: u32 = 0x86;
const CONTENT_ENCODINGS: u32 = 0x6D80;
const CONTENT_ENCODING: u32 = 0x6240;
const CONTENT_COMPRESSION: u32 = 0x5034;
const CONTENT_COMP_ALGO: u32 = 0x4254;
const CONTENT_COMP_SETTINGS: u32 = 0x4255;
const CLUSTER_TIMESTAMP: u32 = 0xE7;
const SIMPLE_BLOCK: u32 = 0xA3;
const BLOCK_GROUP: u32 = 0xA0;
const BLOCK: u32 = 0xA1;
const BLOCK_DURATION: u32 = 0x9B;
const CUE_RELATIVE_POSITION: u32 = 0xF0;
/// Enough of a block to know its track: headers of a group and a block, track, time, flags.
const BLOCK_HEAD: u64 = 2 * Header::MAX + 11;
/// TimestampScale when it is not said: 1 ms.
const MILLISECOND: u64 = 1_000_000;

/// The samples of the track shown in `times`.
pub(in crate::probe) async fn text_track<S: Partial>(
    window: Window<'_, S>,
    number: u64,
    times: Range<Duration>,
) -> Result<Texts, ProbeError> {
    let mut reader = Reader::new(window.source, &Limits::default());
    let (_, segment) = open(&mut reader).await?;
    let found = locate(&mut reader, segment).await?;
    let tracks = body(&mut reader, &found, id::TRACKS).await?;
    let track = Track::read(&tracks, number).ok_or_else(|| malformed("no such track", segment))?;
    let info = body(&mut reader, &found, id::INFO).await?;
    let tick = find(&info, id::TIMESTAMP_SCALE).and_then(|scale| scale.uint());
    let tick = tick.filter(|tick| *tick != 0).unwrap_or(MILLISECOND);
    let cues = Cues::read(&body(&mut reader, &found, id::CUES).await?, number, segment);
    let mut text = Text { window, track, tick, times, samples: Vec::new() };
    match &cues.blocks {
        Some(blocks) => text.read(blocks).await?,
        None => text.walk(segment, &cues.clusters).await?,
    }
    Ok(Texts { samples: text.samples, missing: text.window.missing })
}

/// The content of an element of level 1; empty if the file has none.
async fn body<S: Partial>(
    reader: &mut Reader<'_, S>,
    found: &Found,
    id: u32,
) -> Result<Bytes, ProbeError> {
    let Some(Place { header, range, .. }) = found.get(id).filter(|p| p.range.end <= reader.len())
    else {
        return Ok(Bytes::new());
    };
    let whole = reader.exactly(*range).await?;
    let header = usize::try_from(*header).unwrap_or(usize::MAX);
    Ok(whole.slice(header.min(whole.len())..))
}

/// How a track's texts are packed.
struct Track {
    number: u64,
    /// WebM's own WebVTT: identifier and settings stand in lines before the text.
    two_lines: bool,
    packing: Packing,
}

/// ContentCompAlgo (RFC 9559, 5.1.4.1.31.6).
enum Packing {
    None,
    Zlib,
    /// Each block lacks these bytes at its begin.
    Stripped(Vec<u8>),
}

impl Track {
    /// `None` if there is no such track, or it is packed in a way that we don't undo.
    fn read(tracks: &[u8], number: u64) -> Option<Self> {
        let mut entries = elements(tracks).filter(|entry| entry.id == TRACK_ENTRY);
        let entry = entries.find(|entry| {
            find(entry.body, TRACK_NUMBER).and_then(|number| number.uint()) == Some(number)
        })?;
        let codec = find(entry.body, CODEC_ID).map(|codec| codec.body).unwrap_or_default();
        let encodings = find(entry.body, CONTENT_ENCODINGS).map(|all| all.body).unwrap_or_default();
        let mut encodings = elements(encodings).filter(|one| one.id == CONTENT_ENCODING);
        let packing = encodings.next().map_or(Some(Packing::None), |one| Packing::read(&one))?;
        let plain = encodings.next().is_none();
        plain.then_some(Self { number, two_lines: codec.starts_with(b"D_WEBVTT"), packing })
    }
}

impl Packing {
    fn read(encoding: &Element<'_>) -> Option<Self> {
        // What is not compressed is encrypted.
        let compression = find(encoding.body, CONTENT_COMPRESSION)?.body;
        match find(compression, CONTENT_COMP_ALGO).map_or(Some(0), |algo| algo.uint())? {
            0 => Some(Self::Zlib),
            3 => {
                let bytes = find(compression, CONTENT_COMP_SETTINGS)?.body;
                (bytes.len() as u64 <= MAX_SAMPLE).then(|| Self::Stripped(bytes.to_vec()))
            }
            _ => None,
        }
    }

    fn undo(&self, payload: Bytes) -> Option<Bytes> {
        match self {
            Self::None => Some(payload),
            Self::Zlib => {
                let mut text = Vec::new();
                let mut decoder = ZlibDecoder::new(&payload[..]).take(MAX_SAMPLE);
                decoder.read_to_end(&mut text).ok()?;
                Some(text.into())
            }
            Self::Stripped(begin) => Some([begin.as_slice(), &payload].concat().into()),
        }
    }
}

/// A block of the track, as the Cues know it.
struct CuedBlock {
    ticks: u64,
    cluster: u64,
    /// From the cluster's content.
    offset: u64,
}

/// A cluster that the Cues know.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct CuedCluster {
    /// Where it begins in the file.
    at: u64,
    /// Of the first block of it that they know.
    ticks: u64,
}

/// What the Cues know.
struct Cues {
    /// In the file's order.
    clusters: Vec<CuedCluster>,
    /// Every block of the track, if they know any and where each lies.
    blocks: Option<Vec<CuedBlock>>,
}

impl Cues {
    fn read(cues: &[u8], track: u64, segment: u64) -> Self {
        let (mut clusters, mut blocks) = (Vec::new(), Some(Vec::new()));
        for point in elements(cues).filter(|point| point.id == id::CUE_POINT) {
            let ticks = find(point.body, id::CUE_TIME).and_then(|time| time.uint());
            for at in elements(point.body).filter(|at| at.id == id::CUE_TRACK_POSITIONS) {
                let uint = |id| find(at.body, id).and_then(|element| element.uint());
                let cluster = uint(id::CUE_CLUSTER_POSITION);
                let Some(cluster) = cluster.and_then(|at| segment.checked_add(at)) else {
                    continue;
                };
                clusters.extend(ticks.map(|ticks| CuedCluster { at: cluster, ticks }));
                if uint(id::CUE_TRACK) == Some(track) {
                    let block = ticks.zip(uint(CUE_RELATIVE_POSITION));
                    blocks = blocks.zip(block).map(|(mut blocks, (ticks, offset))| {
                        blocks.push(CuedBlock { ticks, cluster, offset });
                        blocks
                    });
                }
            }
        }
        clusters.sort_unstable();
        clusters.dedup_by_key(|cluster| cluster.at);
        Self { clusters, blocks: blocks.filter(|blocks| !blocks.is_empty()) }
    }
}

/// A block (RFC 9559, 10.1) without lacing.
struct Block {
    track: u64,
    /// From the cluster's timestamp.
    ticks: i16,
    payload: Bytes,
}

impl Block {
    fn read(body: &Bytes) -> Option<Self> {
        let length = body.first()?.leading_zeros() as usize + 1;
        let number = body.get(..length).filter(|_| length <= 8)?;
        let marked = number.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let track = marked & ((1 << (7 * length)) - 1);
        let ticks = i16::from_be_bytes(*body.get(length..)?.first_chunk()?);
        let laced = body.get(length + 2)? & 0x06 != 0;
        (!laced).then(|| Self { track, ticks, payload: body.slice(length + 3..) })
    }

    /// The block in a SimpleBlock or BlockGroup, and a group's BlockDuration.
    fn of(id: u32, body: &Bytes) -> Option<(Self, Option<u64>)> {
        if id == SIMPLE_BLOCK {
            return Some((Self::read(body)?, None));
        }
        let block = find(body, BLOCK)?;
        let duration = find(body, BLOCK_DURATION).and_then(|duration| duration.uint());
        Some((Self::read(&body.slice_ref(block.body))?, duration))
    }
}

/// The track of a SimpleBlock or BlockGroup by the begin of its content, as far as that tells.
fn track_of(id: u32, begin: &Bytes) -> Option<u64> {
    let first = Header::read(begin);
    let skip = match first {
        _ if id == SIMPLE_BLOCK => 0,
        Some(Header { id: BLOCK, header, .. }) => header,
        _ => return None,
    };
    let skip = usize::try_from(skip).ok()?;
    Block::read(&begin.slice(skip.min(begin.len())..)).map(|block| block.track)
}

struct Text<'s, S> {
    window: Window<'s, S>,
    track: Track,
    /// Nanoseconds of one tick.
    tick: u64,
    /// What is looked for.
    times: Range<Duration>,
    samples: Vec<TextSample>,
}

impl<S: Partial> Text<'_, S> {
    /// Reads the blocks that the Cues name.
    async fn read(&mut self, blocks: &[CuedBlock]) -> Result<(), ProbeError> {
        let start = self.times.start;
        let wanted = start.saturating_sub(LINGERS)..self.times.end;
        for cued in blocks.iter().take(MAX_SAMPLES) {
            let Some(time) = self.time(cued.ticks).filter(|time| wanted.contains(time)) else {
                continue;
            };
            self.cued(cued).await?;
            if time < start {
                self.window.missing = None;
            }
        }
        Ok(())
    }

    async fn cued(&mut self, cued: &CuedBlock) -> Result<(), ProbeError> {
        let Some(cluster) = self.header(cued.cluster, NEAR).await? else { return Ok(()) };
        let at = cued.cluster.saturating_add(cluster.header).saturating_add(cued.offset);
        let Some(block) = self.header(at, NEAR).await? else { return Ok(()) };
        if cluster.id == id::CLUSTER
            && let Some(body) = self.block(at, block, NEAR).await?
        {
            self.add(block.id, &body, |_| Some(cued.ticks));
        }
        Ok(())
    }

    /// Walks over clusters and what is in them alike, from the segment's begin or the last cluster
    /// that is known to begin in time.
    async fn walk(&mut self, segment: u64, clusters: &[CuedCluster]) -> Result<(), ProbeError> {
        let time = |cluster: &&CuedCluster| self.time(cluster.ticks);
        let Range { start, end } = self.times;
        let begun = clusters.iter().rfind(|known| time(known).is_some_and(|time| time <= start));
        let over = clusters.iter().find(|known| time(known).is_none_or(|time| time >= end));
        // The cluster at the end may have come or not.
        let over = over.map_or(u64::MAX, |cluster| cluster.at);
        let (mut at, mut cluster) = (begun.map_or(segment, |cluster| cluster.at), None);
        while self.samples.len() < MAX_SAMPLES {
            let header = self.header(at, AHEAD).await?;
            let size = header.and_then(|header| header.size);
            let Some(header) = header.filter(|h| h.id == id::CLUSTER || size.is_some()) else {
                let next = clusters.partition_point(|known| known.at <= at);
                let Some(next) = clusters.get(next) else { break };
                (at, cluster) = (next.at, None);
                continue;
            };
            let content = at + header.header;
            let next = content.saturating_add(size.unwrap_or(0));
            match header.id {
                id::CLUSTER => {
                    (at, cluster) = (content, None);
                    continue;
                }
                CLUSTER_TIMESTAMP if next - content <= 8 => {
                    let time = self.window.exactly(content, next - content, AHEAD).await?;
                    cluster = time.map(|body| Element { id: header.id, body: &body }.uint());
                    let begins = cluster.flatten().and_then(|ticks| self.time(ticks));
                    if begins.is_some_and(|begins| begins >= end) {
                        break;
                    }
                }
                SIMPLE_BLOCK | BLOCK_GROUP => {
                    if let Some(body) = self.block(at, header, AHEAD).await? {
                        self.add(header.id, &body, |ticks| {
                            cluster.flatten()?.checked_add_signed(i64::from(ticks))
                        });
                    }
                }
                _ => {}
            }
            at = next;
        }
        self.window.missing = self.window.missing.filter(|missing| missing.start < over);
        Ok(())
    }

    async fn header(&mut self, at: u64, ahead: u64) -> Result<Option<Header>, ProbeError> {
        let least = Header::MAX.min(self.window.source.len().saturating_sub(at)).max(1);
        let bytes = self.window.get(at, least, ahead).await?;
        Ok(bytes.and_then(|bytes| Header::read(&bytes)))
    }

    /// The content of a block or group at `at`, if it is one of the track and no longer than a text.
    async fn block(
        &mut self,
        at: u64,
        header: Header,
        ahead: u64,
    ) -> Result<Option<Bytes>, ProbeError> {
        let size = header.size.filter(|_| matches!(header.id, SIMPLE_BLOCK | BLOCK_GROUP));
        let Some(size) = size else { return Ok(None) };
        let content = at + header.header;
        let begin = self.window.exactly(content, BLOCK_HEAD.min(size), ahead).await?;
        let Some(begin) = begin else { return Ok(None) };
        let other = track_of(header.id, &begin).is_some_and(|track| track != self.track.number);
        if other || size > MAX_SAMPLE {
            return Ok(None);
        }
        self.window.exactly(content, size, ahead).await
    }

    fn add(&mut self, id: u32, body: &Bytes, ticks: impl Fn(i16) -> Option<u64>) {
        let block = Block::of(id, body).filter(|(block, _)| block.track == self.track.number);
        let sample = block.and_then(|(block, duration)| {
            let begin = ticks(block.ticks)?;
            let end = duration.and_then(|duration| begin.checked_add(duration));
            let text = self.track.packing.undo(block.payload)?;
            let text = if self.track.two_lines { after_lines(text, 2) } else { text };
            let (start, end) = (self.time(begin)?, end.and_then(|end| self.time(end)));
            Some(TextSample { start, end, text })
        });
        self.samples.extend(sample);
    }

    fn time(&self, ticks: u64) -> Option<Duration> {
        scaled(ticks.checked_mul(self.tick)?, 1_000_000_000)
    }
}

/// What stands behind the first `lines` lines.
fn after_lines(text: Bytes, lines: usize) -> Bytes {
    let ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    let begin = ends.take(lines).last().map_or(0, |at| at + 1);
    text.slice(begin..)
}
