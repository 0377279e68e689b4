//! The keyframe index: time to byte.

use std::time::Duration;

use serde::Serialize;

use super::info::seconds;

/// Entries of an index. Twelve hours of a keyframe every 2 s are 21,600.
pub const MAX_KEYFRAMES: usize = 131_072;

/// Where decoding can begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Keyframe {
    /// When it is shown, from the file's start.
    #[serde(serialize_with = "seconds")]
    pub time: Duration,
    /// Where a demuxer must read from: the sample (MP4), the cluster (Matroska) or the fragment,
    /// in bytes from the file's start.
    pub offset: u64,
}

/// The places where a film can be entered, by time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KeyframeIndex {
    /// At most [`MAX_KEYFRAMES`], sorted by time, no time twice.
    pub entries: Vec<Keyframe>,
    /// Whether there were more, so that only some of them are told.
    pub thinned: bool,
}

impl KeyframeIndex {
    /// The last keyframe at or before `time`, else the first.
    pub fn at(&self, time: Duration) -> Option<&Keyframe> {
        let after = self.entries.partition_point(|entry| entry.time <= time);
        self.entries.get(after.saturating_sub(1))
    }
}

/// Collects keyframes, thinning them when there are too many.
#[derive(Debug, Default)]
pub(super) struct IndexBuilder {
    index: KeyframeIndex,
    gap: Duration,
}

impl IndexBuilder {
    /// Keeps entries at least `gap` apart.
    pub(super) fn spaced(gap: Duration) -> Self {
        Self { gap, ..Self::default() }
    }

    pub(super) fn push(&mut self, time: Duration, offset: u64) {
        let entries = &mut self.index.entries;
        let near = |last: &Keyframe| time.saturating_sub(last.time) < self.gap;
        if !self.gap.is_zero() && entries.last().is_some_and(near) {
            self.index.thinned = true;
            return;
        }
        entries.push(Keyframe { time, offset });
        if entries.len() >= MAX_KEYFRAMES {
            let mut odd = false;
            entries.retain(|_| {
                odd = !odd;
                odd
            });
            self.gap = (self.gap * 2).max(Duration::from_millis(100));
            self.index.thinned = true;
        }
    }

    /// The index, or `None` if nothing was pushed.
    pub(super) fn finish(mut self) -> Option<KeyframeIndex> {
        let entries = &mut self.index.entries;
        entries.sort_by_key(|entry| (entry.time, entry.offset));
        entries.dedup_by_key(|entry| entry.time);
        (!entries.is_empty()).then_some(self.index)
    }
}
