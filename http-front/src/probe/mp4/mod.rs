//! MP4 and QuickTime (ISO 14496-12).
//!
//! | module | concept |
//! | --- | --- |
//! | `boxes` | boxes and table boxes in a slice |
//! | `movie` | our walk of `moov` |
//! | `entry` | sample descriptions, with mp4parse |
//! | `samples` | the sample tables, one sample at a time |
//! | `index` | `moov` made into [`MediaInfo`] |
//! | `text` | the samples of a text track |
//! | `fragments` | `sidx`, `mfra` and the last `moof` |

mod boxes;
mod entry;
mod fragments;
mod index;
mod movie;
mod samples;
mod text;

use bytes::Bytes;
use wire::ByteRange;

pub(crate) use self::boxes::Header;
pub(super) use self::fragments::read_any as read_fragments;
pub(crate) use self::fragments::{FragmentedTrack, fragment_span};
pub(super) use self::index::read_moov;
pub(super) use self::text::text_track;
use super::reader::Reader;
use super::{Container, MediaInfo, ProbeError, Source, blocking};

/// Boxes at the top of the file that are looked at before `moov`.
const MAX_TOP: usize = 4096;

/// Probes a file of ISO base media, from its head to its index.
pub(super) async fn probe<S: Source>(
    reader: &mut Reader<'_, S>,
    container: Container,
) -> Result<MediaInfo, ProbeError> {
    let (moov, after) = locate(reader).await?;
    let len = reader.len();
    let moov = blocking(move || read_moov(&moov, container, len)).await?;
    if moov.data_end > len {
        return Err(truncated("mdat", len));
    }
    let mut info = moov.info;
    if let Some(track) = moov.fragmented {
        fragments::index(reader, after, &track, &mut info).await?;
    }
    Ok(info)
}

/// What tells the times of the fragments of a file with one track, from its `moov` with header.
pub(crate) fn fragmented_track(moov: &[u8]) -> Option<FragmentedTrack> {
    let movie = movie::movie(boxes::find(moov, b"moov")?);
    let trak = movie.tracks.first()?;
    let (timescale, media_time) = (trak.timescale, trak.edit.media_time);
    Some(FragmentedTrack { id: trak.id, timescale, media_time })
}

/// One box at the top of the file.
struct Top {
    name: [u8; 4],
    /// Where its content begins.
    body: u64,
    end: u64,
}

/// Walks over the boxes at the top, reading headers only, and fetches the content of `moov`;
/// gives also where the box after it begins.
async fn locate<S: Source>(reader: &mut Reader<'_, S>) -> Result<(Bytes, u64), ProbeError> {
    let mut at = 0;
    for _ in 0..MAX_TOP {
        let Some(top) = top(reader, at).await? else {
            break;
        };
        match &top.name {
            b"moov" if top.end > reader.len() => return Err(truncated("moov", at)),
            b"moov" => {
                let body = reader.exactly(ByteRange::new(top.body, top.end)).await?;
                return Ok((body, top.end));
            }
            b"moof" => return Err(malformed("moof before moov", at)),
            b"mdat" if top.end > reader.len() => return Err(truncated("mdat before moov", at)),
            _ => at = top.end,
        }
    }
    Err(malformed("no moov", at))
}

/// The box at `at`; `None` at the end of the file.
async fn top<S: Source>(reader: &mut Reader<'_, S>, at: u64) -> Result<Option<Top>, ProbeError> {
    if at >= reader.len() {
        return Ok(None);
    }
    let bytes = reader.peek(at, Header::MAX).await?;
    let header = Header::read(&bytes).ok_or_else(|| malformed("box header", at))?;
    let end = match header.size {
        Some(size) => at.checked_add(size),
        None => Some(reader.len()),
    };
    Ok(Some(Top {
        name: header.name,
        body: at + header.header,
        end: end.ok_or_else(|| malformed("box size", at))?,
    }))
}

fn malformed(what: &'static str, at: u64) -> ProbeError {
    ProbeError::Malformed { what, at }
}

fn truncated(what: &'static str, at: u64) -> ProbeError {
    ProbeError::Truncated { what, at }
}
