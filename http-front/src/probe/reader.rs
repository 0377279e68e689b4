//! A bounded reader over a source: remembers what it has, fetches only what is missing, and
//! keeps the list of what it asked for.

use std::io;

use bytes::{Bytes, BytesMut};
use wire::ByteRange;

use super::{Limits, ProbeError, Source};

/// Read ahead of a header that is not in memory yet: a torrent's block, the least that a peer
/// sends.
pub(super) const PEEK: u64 = 16 * 1024;

/// Fetches ranges of a [`Source`] within [`Limits::index_bytes`].
pub(super) struct Reader<'s, S> {
    source: &'s S,
    limit: u64,
    taken: u64,
    /// What is in memory, in the order fetched; a probe holds a handful.
    parts: Vec<Part>,
    fetched: Vec<ByteRange>,
}

struct Part {
    start: u64,
    bytes: Bytes,
}

impl Part {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl<'s, S: Source> Reader<'s, S> {
    pub(super) fn new(source: &'s S, limits: &Limits) -> Self {
        Self { source, limit: limits.index_bytes, taken: 0, parts: Vec::new(), fetched: Vec::new() }
    }

    /// The file's length in bytes.
    pub(super) fn len(&self) -> u64 {
        self.source.len()
    }

    /// Every range asked of the source, in order.
    pub(super) fn into_fetched(self) -> Vec<ByteRange> {
        self.fetched
    }

    /// The bytes from `at`, at least `least` of them unless the file ends before: as many as are
    /// in memory, else [`PEEK`] bytes are fetched.
    pub(super) async fn peek(&mut self, at: u64, least: u64) -> Result<Bytes, ProbeError> {
        let least_end = at.saturating_add(least).min(self.len());
        if let Some(part) = self.parts.iter().find(|part| holds(part, at, least_end)) {
            let skip = usize::try_from(at - part.start).unwrap_or(usize::MAX);
            return Ok(part.bytes.slice(skip.min(part.bytes.len())..));
        }
        let end = at.saturating_add(PEEK.max(least)).min(self.len());
        self.exactly(ByteRange::new(at, end)).await
    }

    /// Whether `range` is in memory.
    pub(super) fn has(&self, range: ByteRange) -> bool {
        self.parts.iter().any(|part| holds(part, range.start, range.end))
    }

    /// Exactly `range`, fetching only the bytes that no part in memory begins with.
    pub(super) async fn exactly(&mut self, range: ByteRange) -> Result<Bytes, ProbeError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let known = self
            .parts
            .iter()
            .filter(|part| part.start <= range.start && range.start < part.end())
            .max_by_key(|part| part.end())
            .map(|part| {
                let from = usize::try_from(range.start - part.start).unwrap_or(usize::MAX);
                let to = usize::try_from(range.end.min(part.end()) - part.start);
                part.bytes.slice(from..to.unwrap_or(from))
            })
            .unwrap_or_default();
        let known_end = range.start + known.len() as u64;
        if known_end == range.end {
            return Ok(known);
        }
        let missing = ByteRange::new(known_end, range.end);
        let rest = self.fetch(missing).await?;
        let whole = if known.is_empty() {
            rest
        } else {
            let mut whole = BytesMut::with_capacity(known.len() + rest.len());
            whole.extend_from_slice(&known);
            whole.extend_from_slice(&rest);
            whole.freeze()
        };
        self.parts.push(Part { start: range.start, bytes: whole.clone() });
        Ok(whole)
    }

    async fn fetch(&mut self, range: ByteRange) -> Result<Bytes, ProbeError> {
        let wanted = self.taken.saturating_add(range.len());
        if wanted > self.limit {
            return Err(ProbeError::TooLarge { wanted, limit: self.limit });
        }
        self.taken = wanted;
        self.fetched.push(range);
        let bytes = self.source.read(range).await?;
        if bytes.len() as u64 != range.len() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(bytes)
    }
}

fn holds(part: &Part, start: u64, end: u64) -> bool {
    part.start <= start && end <= part.end()
}
