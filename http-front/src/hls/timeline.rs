//! Where segments begin and end.

use std::time::Duration;

use wire::ByteRange;

use crate::probe::KeyframeIndex;

/// Longer than any film: what claims more has no playlist.
pub const MAX_DURATION: Duration = Duration::from_secs(48 * 3600);
/// How much earlier than its segment a frame may begin: containers round times.
pub const TOLERANCE: Duration = Duration::from_millis(10);

/// The segments of a rendition, from the start of the file to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timeline {
    segments: Vec<Start>,
    end: Duration,
    /// Where in the file a demuxer reads each segment from; empty if that is not known.
    places: Vec<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Start {
    at: Duration,
    /// Where to seek so that a demuxer lands on the keyframe at `at` and on no other: half way to
    /// the next one of the index.
    seek: Duration,
}

impl Timeline {
    /// Cut at keyframes, each segment at least `target` long but the last.
    pub fn of_keyframes(index: &KeyframeIndex, target: Duration, end: Duration) -> Self {
        let entries = index.entries.iter().map(|entry| entry.time).filter(|time| *time < end);
        let next = entries.clone().skip(1).chain([end]);
        let mut segments: Vec<Start> = Vec::new();
        for (at, next) in entries.zip(next) {
            let seek = at + (next.saturating_sub(at)) / 2;
            match segments.last() {
                None => segments.push(Start { at: Duration::ZERO, seek: Duration::ZERO }),
                Some(last) if at >= last.at + target => segments.push(Start { at, seek }),
                Some(_) => {}
            }
        }
        Self::with(segments, end)
    }

    /// Cut every `target`; what is left at the end and may hold no frame belongs to the last.
    pub fn grid(target: Duration, end: Duration) -> Self {
        let starts = (0u32..).map(|n| target * n).take_while(|at| *at + target / 4 < end);
        Self::with(starts.map(|at| Start { at, seek: at }).collect(), end)
    }

    fn with(mut segments: Vec<Start>, end: Duration) -> Self {
        if segments.is_empty() {
            segments.push(Start { at: Duration::ZERO, seek: Duration::ZERO });
        }
        Self { segments, end, places: Vec::new() }
    }

    /// The same, with what the index tells of the places of segments.
    pub fn placed(mut self, index: &KeyframeIndex) -> Self {
        let keyframes = self.segments.iter().map(|start| index.at(start.at));
        self.places = keyframes.map_while(|keyframe| Some(keyframe?.offset)).collect();
        self
    }

    /// The bytes of segment `n`, as far as the index tells; to the end of the file, if it is the
    /// last.
    pub fn bytes(&self, n: usize) -> Option<ByteRange> {
        let start = *self.places.get(n)?;
        let end = self.places.iter().skip(n + 1).find(|place| **place > start);
        Some(ByteRange::new(start, end.copied().unwrap_or(u64::MAX)))
    }

    /// How many segments there are; at least one.
    pub fn count(&self) -> usize {
        self.segments.len()
    }

    /// When segment `n` begins; the end of the file for what lies behind the last.
    pub fn start(&self, n: usize) -> Duration {
        self.segments.get(n).map_or(self.end, |start| start.at)
    }

    /// Where a demuxer is sent for segment `n`.
    pub fn seek(&self, n: usize) -> Duration {
        self.segments.get(n).map_or(self.end, |start| start.seek)
    }

    /// When the file ends.
    pub fn end(&self) -> Duration {
        self.end
    }

    /// The segment that `time` lies in; the last for what lies behind it.
    pub fn at(&self, time: Duration) -> usize {
        self.segments.partition_point(|start| start.at <= time).saturating_sub(1)
    }

    /// How long each segment is.
    pub fn lengths(&self) -> impl Iterator<Item = Duration> {
        (0..self.count()).map(|n| self.start(n + 1).saturating_sub(self.start(n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Keyframe;

    const TARGET: Duration = Duration::from_secs(4);

    fn millis(times: &[u64]) -> Vec<Duration> {
        times.iter().map(|time| Duration::from_millis(*time)).collect()
    }

    fn index(times: &[u64]) -> KeyframeIndex {
        let entries = millis(times).into_iter().map(|time| Keyframe { time, offset: 0 });
        KeyframeIndex { entries: entries.collect(), thinned: false }
    }

    #[test]
    fn keyframes_closer_than_the_target_are_merged() {
        let end = Duration::from_secs(24);
        let times = index(&[6, 1_720, 2_480, 5_200, 9_880, 10_400, 13_600, 17_320, 21_840]);
        let timeline = Timeline::of_keyframes(&times, TARGET, end);
        let starts: Vec<_> = (0..timeline.count()).map(|n| timeline.start(n)).collect();
        assert_eq!(starts, millis(&[0, 5_200, 9_880, 17_320, 21_840]));
        assert_eq!(timeline.seek(1), Duration::from_millis(7_540));
        assert_eq!(timeline.lengths().sum::<Duration>(), end);
    }

    #[test]
    fn the_grid_covers_the_whole_and_no_more() {
        let timeline = Timeline::grid(TARGET, Duration::from_millis(9_500));
        let lengths: Vec<_> = timeline.lengths().collect();
        assert_eq!(lengths, millis(&[4_000, 4_000, 1_500]));
        assert_eq!(Timeline::grid(TARGET, TARGET).count(), 1);
        assert_eq!(Timeline::grid(TARGET, Duration::from_millis(8_300)).count(), 2);
    }

    #[test]
    fn segments_have_the_bytes_from_keyframe_to_keyframe() {
        let entries = [(0, 100), (5, 2_000), (9, 7_000)];
        let entries = entries.map(|(s, offset)| Keyframe { time: Duration::from_secs(s), offset });
        let index = KeyframeIndex { entries: entries.into(), thinned: false };
        let grid = Timeline::grid(TARGET, Duration::from_secs(12));
        assert_eq!(grid.bytes(0), None);
        let grid = grid.placed(&index);
        let bytes = |n| grid.bytes(n).map(|range| (range.start, range.end));
        assert_eq!([bytes(0), bytes(1)], [Some((100, 2_000)); 2]);
        assert_eq!([bytes(2), bytes(3)], [Some((2_000, u64::MAX)), None]);
    }

    #[test]
    fn every_time_lies_in_one_segment() {
        let timeline = Timeline::grid(TARGET, Duration::from_secs(10));
        let of = |millis| timeline.at(Duration::from_millis(millis));
        assert_eq!([of(0), of(3_999), of(4_000), of(9_999), of(50_000)], [0, 0, 1, 2, 2]);
    }
}
