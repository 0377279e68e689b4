//! ffmpeg's output taken apart: the init section, then fragments (ISO 14496-12, 8.8) with their
//! times.

use std::ops::Range;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::hls::arguments::OFFSET;
use crate::probe::mp4::{FragmentedTrack, Header, fragment_span, fragmented_track};

/// A fragment is no longer: 40 s of a film at 50 Mbit/s.
const MAX_FRAGMENT: u64 = 256 << 20;

/// One `moof` and its `mdat`, of one track.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fragment {
    /// When its first sample is shown, in the file's time.
    pub start: Duration,
    /// When its last sample ends.
    pub end: Duration,
    /// Both boxes.
    pub bytes: Bytes,
}

/// What ffmpeg wrote next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// `ftyp` and `moov`.
    Init(Bytes),
    /// A fragment.
    Fragment(Fragment),
}

/// ffmpeg's output is no fragmented MP4 of one track.
#[derive(Debug, thiserror::Error)]
#[error("ffmpeg wrote what is no fragmented MP4")]
pub struct Malformed;

/// Takes bytes as they come and gives parts as they are whole.
#[derive(Default)]
pub struct Splitter {
    /// What came and is not taken apart yet: less than one fragment.
    pub buffer: BytesMut,
    /// What tells times, once `moov` has come.
    track: Option<FragmentedTrack>,
    /// What the edit list would have taken from all times.
    shift: u64,
}

impl Splitter {
    /// The next whole part in the buffer.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn take_part(&mut self) -> Result<Option<Part>, Malformed> {
        loop {
            // The init section and a fragment are two boxes each, which are taken together.
            let Some(first) = header(&self.buffer, 0)? else {
                return Ok(None);
            };
            let len = match &first.0 {
                b"ftyp" | b"moof" => match header(&self.buffer, first.1)? {
                    Some(second) => first.1 + second.1,
                    None => return Ok(None),
                },
                _ => first.1,
            };
            if self.buffer.len() < len {
                return Ok(None);
            }
            let mut bytes = self.buffer.split_to(len);
            match &first.0 {
                b"ftyp" => {
                    let moov = bytes.get(first.1..).unwrap_or_default();
                    let mut track = fragmented_track(moov).ok_or(Malformed)?;
                    self.shift = std::mem::take(&mut track.media_time);
                    self.track = Some(track);
                    begin_at_zero(&mut bytes);
                    return Ok(Some(Part::Init(bytes.freeze())));
                }
                b"moof" => {
                    let track = self.track.as_ref().ok_or(Malformed)?;
                    shift(&mut bytes, self.shift).ok_or(Malformed)?;
                    let moof = bytes.get(8..first.1).unwrap_or_default();
                    let (start, end) = fragment_span(moof, track).ok_or(Malformed)?;
                    let (start, end) = (start.saturating_sub(OFFSET), end.saturating_sub(OFFSET));
                    let bytes = bytes.freeze();
                    return Ok(Some(Part::Fragment(Fragment { start, end, bytes })));
                }
                // The index at the end, which nobody asked for.
                _ => {}
            }
        }
    }
}

/// Has the edit list of the init section begin at media time 0:
/// ffmpeg has it begin at the composition offset of the first sample, which differs among heads.
fn begin_at_zero(init: &mut BytesMut) {
    let path = [b"moov", b"trak", b"edts", b"elst"];
    let Some(elst) = body(init, &path).and_then(|body| init.get_mut(body)) else {
        return;
    };
    let media_time = if elst.first() == Some(&1) { 16..24 } else { 12..16 };
    if let Some(media_time) = elst.get_mut(media_time) {
        media_time.fill(0);
    }
}

/// Takes `earlier` from the decoding time of a fragment, which the edit list would have taken.
fn shift(fragment: &mut BytesMut, earlier: u64) -> Option<()> {
    let tfdt = body(fragment, &[b"moof", b"traf", b"tfdt"])?;
    let tfdt = fragment.get_mut(tfdt)?;
    if tfdt.first() == Some(&1) {
        let time = tfdt.get_mut(4..)?.first_chunk_mut::<8>()?;
        *time = u64::from_be_bytes(*time).saturating_sub(earlier).to_be_bytes();
    } else {
        let time = tfdt.get_mut(4..)?.first_chunk_mut::<4>()?;
        let earlier = u32::try_from(earlier).ok()?;
        *time = u32::from_be_bytes(*time).saturating_sub(earlier).to_be_bytes();
    }
    Some(())
}

/// Where the content of the first box at `path` lies.
fn body(bytes: &[u8], path: &[&[u8; 4]]) -> Option<Range<usize>> {
    let mut within = 0..bytes.len();
    for name in path {
        loop {
            let header = Header::read(bytes.get(within.clone())?)?;
            let end = within.start.checked_add(usize::try_from(header.size?).ok()?)?;
            if header.name == **name {
                within = within.start + usize::try_from(header.header).ok()?..end;
                break;
            }
            within.start = end;
        }
    }
    Some(within)
}

/// Type and length of the box at `at`, once its header has come.
fn header(buffer: &[u8], at: usize) -> Result<Option<([u8; 4], usize)>, Malformed> {
    let Some(rest) = buffer.get(at..).filter(|rest| rest.len() >= 16) else {
        return Ok(None);
    };
    let header = Header::read(rest).ok_or(Malformed)?;
    let size = header.size.filter(|size| *size <= MAX_FRAGMENT).ok_or(Malformed)?;
    Ok(Some((header.name, usize::try_from(size).map_err(|_| Malformed)?)))
}
