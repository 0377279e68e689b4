//! Text tracks, from the parts of a file that are there.

use std::ops::Range;
use std::time::{Duration, Instant};

use bytes::Bytes;
use wire::ByteRange;

use super::{Container, ProbeError, Source, mkv, mp4};

/// Samples of a track; more are left out.
pub(super) const MAX_SAMPLES: usize = 50_000;
/// Bytes of a sample.
pub(super) const MAX_SAMPLE: u64 = 64 * 1024;
/// Read at once where one goes on reading, and where one looks for something small.
pub(super) const AHEAD: u64 = 256 * 1024;
pub(super) const NEAR: u64 = 4 * 1024;
/// A text that began so long before a stretch of film is looked for, since it may still be shown.
pub(super) const LINGERS: Duration = Duration::from_secs(10);

/// A file of which bytes may be missing.
pub trait Partial: Source {
    /// How far `range` is there from its start on: its end, or the first byte that is missing.
    fn there(&self, range: ByteRange) -> u64;
}

impl Partial for Bytes {
    fn there(&self, range: ByteRange) -> u64 {
        range.end.min(Source::len(self)).max(range.start)
    }
}

/// A text as the file holds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextSample {
    /// From the film's start.
    pub start: Duration,
    /// `None` if the file doesn't say.
    pub end: Option<Duration>,
    /// What the codec makes of a text, without its container's packing.
    pub text: Bytes,
}

/// What there is of a track.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Texts {
    /// In the file's order.
    pub samples: Vec<TextSample>,
    /// The first bytes that may hold another one and are not there.
    pub missing: Option<ByteRange>,
}

/// The samples of the text track `number` shown in `times` that are there, and perhaps some around
/// them, as many as are found by `until`. Of containers other than MP4, QuickTime, Matroska and
/// WebM there are none.
///
/// # Errors
/// [`ProbeError`]: the index is not there, or says nothing of such a track.
pub async fn text_track<S: Partial>(
    source: &S,
    container: Container,
    number: u64,
    times: Range<Duration>,
    until: Instant,
) -> Result<Texts, ProbeError> {
    let window = Window { source, start: 0, bytes: Bytes::new(), until, missing: None };
    match container {
        Container::Mp4 | Container::Mov => mp4::text_track(window, number, times).await,
        Container::Matroska | Container::WebM => mkv::text_track(window, number, times).await,
        _ => Ok(Texts::default()),
    }
}

/// What was read last of a source.
pub(super) struct Window<'s, S> {
    pub(super) source: &'s S,
    start: u64,
    bytes: Bytes,
    /// Nothing is read after it.
    until: Instant,
    /// The first bytes that were wanted and are not there.
    pub(super) missing: Option<ByteRange>,
}

impl<S: Partial> Window<'_, S> {
    /// The bytes from `at` on, `least` of them or more; `None` when they are not there, past the
    /// end of the file, or too late. Up to `ahead` bytes are read if they are not in memory.
    pub(super) async fn get(
        &mut self,
        at: u64,
        least: u64,
        ahead: u64,
    ) -> Result<Option<Bytes>, ProbeError> {
        let Some(wanted) = at.checked_add(least) else { return Ok(None) };
        if at < self.start || wanted > self.start + self.bytes.len() as u64 {
            let end = at.saturating_add(ahead.max(least)).min(self.source.len());
            if wanted > end || Instant::now() > self.until {
                return Ok(None);
            }
            let there = self.source.there(ByteRange::new(at, end));
            if wanted > there {
                self.missing.get_or_insert(ByteRange::new(at, wanted));
                return Ok(None);
            }
            self.bytes = self.source.read(ByteRange::new(at, there)).await?;
            self.start = at;
        }
        let skip = usize::try_from(at - self.start).unwrap_or(usize::MAX);
        let rest = self.bytes.slice(skip.min(self.bytes.len())..);
        Ok((rest.len() as u64 >= least).then_some(rest))
    }

    /// Exactly `length` bytes from `at` on.
    pub(super) async fn exactly(
        &mut self,
        at: u64,
        length: u64,
        ahead: u64,
    ) -> Result<Option<Bytes>, ProbeError> {
        let bytes = self.get(at, length, ahead).await?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        Ok(bytes.map(|bytes| bytes.slice(..length.min(bytes.len()))))
    }
}
