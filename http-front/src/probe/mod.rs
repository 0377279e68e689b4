//! Native media probing: what is in a file and where, from as few of its bytes as can be.
//!
//! A probe reads the head, then exactly the index, wherever the container keeps it, within
//! [`Limits`]. Nothing of it trusts the file: our own walks find the pieces and bound them, and
//! `mp4parse` and `matroska` are given small files made of those pieces.
//!
//! | module | concept |
//! | --- | --- |
//! | [`source`] | where the bytes come from: file, memory, or another's stream |
//! | [`http`] | a URL as a source |
//! | [`torrent`] | a file of a torrent as a source |
//! | [`ffprobe`](mod@ffprobe) | the containers that we don't read ourselves |
//! | [`once`] | each file of a torrent probed once |
//! | `reader` | fetches within the limits, remembers what it fetched |
//! | [`mod@sniff`] | container and media type by the first bytes |
//! | `mp4` | ISO base media and QuickTime |
//! | `mkv` | Matroska and WebM |
//! | `codec` | codec strings of RFC 6381 |
//! | [`info`] | what a probe tells |
//! | [`text`] | the texts of a track, from the parts that are there |
//! | [`keyframes`] | time to byte |
//! | [`bitrate`] | bits per second, over all and over time |
//! | [`command`](mod@command) | `millrace probe` |

pub mod bitrate;
mod codec;
pub mod command;
pub mod error;
pub mod ffprobe;
#[doc(hidden)]
pub mod fuzz;
pub mod http;
pub mod info;
pub mod keyframes;
mod mkv;
pub(crate) mod mp4;
pub mod once;
mod reader;
pub mod sniff;
pub mod source;
pub mod text;
pub mod torrent;

use std::time::Duration;

use wire::ByteRange;

pub use self::command::command;
pub use self::error::ProbeError;
pub use self::ffprobe::ffprobe;
pub use self::info::{Chapter, Container, MediaInfo, Track, TrackKind};
pub use self::keyframes::{Keyframe, KeyframeIndex};
pub use self::sniff::sniff;
pub use self::source::{FileSource, Source};
pub use self::text::{Partial, TextSample, Texts, text_track};

use self::reader::Reader;

/// The first fetch of a probe; shorter for shorter files.
pub const HEAD: u64 = 64 * 1024;

/// What a probe may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes fetched in all, head and index. They are held in memory, at times twice.
    pub index_bytes: u64,
    /// From the first read to the answer.
    pub wall: Duration,
}

impl Limits {
    /// 64 MiB (a film of 2 h has an index of about 6 MiB) and 30 s.
    pub const DEFAULT: Self = Self { index_bytes: 64 << 20, wall: Duration::from_secs(30) };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Tells what is in `source`. Of containers other than MP4, QuickTime, Matroska and WebM it tells
/// only which they are.
///
/// # Errors
/// [`ProbeError`]; a file that lies about itself is an error, or is told without what it lies
/// about.
pub async fn probe<S: Source>(source: &S, limits: &Limits) -> Result<MediaInfo, ProbeError> {
    tokio::time::timeout(limits.wall, probe_at_leisure(source, limits))
        .await
        .map_err(|_| ProbeError::TimedOut(limits.wall))?
}

async fn probe_at_leisure<S: Source>(source: &S, limits: &Limits) -> Result<MediaInfo, ProbeError> {
    let mut reader = Reader::new(source, limits);
    let head = ByteRange::new(0, HEAD.min(reader.len()));
    let head = reader.exactly(head).await?;
    let container = sniff::container(&head).ok_or(ProbeError::NotMedia)?;
    let mut info = match container {
        Container::Mp4 | Container::Mov => mp4::probe(&mut reader, container).await?,
        Container::Matroska | Container::WebM => mkv::probe(&mut reader).await?,
        Container::Avi | Container::Wav if riff_end(&head) > reader.len() => {
            return Err(ProbeError::Truncated { what: "RIFF", at: 0 });
        }
        other => MediaInfo::of(other),
    };
    info.fetched = reader.into_fetched();
    Ok(info)
}

/// Where the first RIFF chunk says that it ends; 0 when it was written without an end.
fn riff_end(head: &[u8]) -> u64 {
    let size: Option<&[u8; 4]> = head.get(4..).and_then(<[u8]>::first_chunk);
    let size = size.map_or(0, |size| u32::from_le_bytes(*size));
    let riff = head.starts_with(b"RIFF");
    if riff && size != u32::MAX { u64::from(size) + 8 } else { 0 }
}

/// Runs a parser on a blocking thread; its panic is [`ProbeError::Unknown`].
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ProbeError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| ProbeError::Unknown)
}
