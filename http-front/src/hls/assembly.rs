//! Fragments made into segments: each belongs to the segment in which it begins.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use crate::hls::fragments::Fragment;
use crate::hls::rendition::Rendition;
use crate::hls::timeline::TOLERANCE;

/// Puts one head's fragments together.
pub struct Assembly {
    rendition: Arc<Rendition>,
    next: usize,
    parts: BytesMut,
}

/// ffmpeg left out the segment that comes next.
#[derive(Debug, thiserror::Error)]
#[error("ffmpeg skipped segment {0}")]
pub struct Skipped(usize);

impl Assembly {
    /// Of a head that begins with segment `from`.
    pub fn new(rendition: Arc<Rendition>, from: usize) -> Self {
        Self { rendition, next: from, parts: BytesMut::new() }
    }

    /// The segment that is being put together.
    pub fn next(&self) -> usize {
        self.next
    }

    /// Takes a fragment; gives the segments that it completes, its own and the one before. What
    /// lies before the first segment is dropped: demuxers land early.
    ///
    /// # Errors
    /// [`Skipped`].
    pub fn push(&mut self, fragment: &Fragment) -> Result<Vec<(usize, Bytes)>, Skipped> {
        let mut made = Vec::new();
        let segment = self.rendition.timeline.at(fragment.start + TOLERANCE);
        if segment < self.next {
            return Ok(made);
        }
        if segment > self.next {
            if segment > self.next + 1 || self.parts.is_empty() {
                return Err(Skipped(self.next));
            }
            made.push(self.complete());
        }
        self.parts.extend_from_slice(&fragment.bytes);
        let timeline = &self.rendition.timeline;
        let last = segment + 1 == timeline.count();
        if !last && fragment.end + TOLERANCE >= timeline.start(segment + 1) {
            made.push(self.complete());
        }
        Ok(made)
    }

    fn complete(&mut self) -> (usize, Bytes) {
        self.next += 1;
        (self.next - 1, self.parts.split().freeze())
    }

    /// What there is of the segment that was being put together when ffmpeg ended: the whole of
    /// it, if it is the last.
    pub fn rest(&mut self) -> Option<Bytes> {
        (!self.parts.is_empty()).then(|| self.parts.split().freeze())
    }
}
