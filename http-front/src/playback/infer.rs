//! From bytes to time: where a viewer is whose player says nothing.

use std::time::{Duration, Instant};

use crate::probe::MediaInfo;

/// Bytes beyond which a film's rest that went out at once was no probe of its index.
const PROBE: u64 = 1 << 20;

/// The time at which a film of `length` bytes needs its byte `at`: by its index, else as if every
/// second had as many bytes. `None` if it is not known how long it plays.
pub fn time_at(media: &MediaInfo, at: u64, length: u64) -> Option<Duration> {
    let duration = media.duration?;
    let entries = media.keyframes.as_ref().map(|index| index.entries.as_slice());
    let entries = entries.unwrap_or_default();
    let after = entries.partition_point(|entry| entry.offset <= at);
    let place = |n: usize| entries.get(n).map(|entry| (entry.time, entry.offset));
    let (from, begin) = after.checked_sub(1).and_then(place).unwrap_or_default();
    let (to, end) = place(after).unwrap_or((duration, length));
    let share = at.saturating_sub(begin) as f64 / end.saturating_sub(begin).max(1) as f64;
    Some(from + to.saturating_sub(from).mul_f64(share.clamp(0.0, 1.0)))
}

/// One connection of a player that reads from `from` on since `began`.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The first byte it asked for.
    pub from: u64,
    /// When its first byte could go.
    pub began: Instant,
}

impl Reading {
    /// Whether somebody watches, when the bytes before `at` are taken: it lasts for `least`, or its
    /// sockets held all the rest of a file of `length` bytes.
    pub fn is_viewing(&self, at: u64, length: u64, least: Duration, now: Instant) -> bool {
        let held_whole = at >= length && at.saturating_sub(self.from) >= PROBE;
        held_whole || now.saturating_duration_since(self.began) >= least
    }

    /// Where its viewer is, when its socket has taken the bytes before `at`: no further than these
    /// bytes, and no further than the time since then, for players read far ahead.
    pub fn position(
        &self,
        media: &MediaInfo,
        length: u64,
        at: u64,
        now: Instant,
    ) -> Option<Duration> {
        let begun = time_at(media, self.from, length)?;
        let watched = begun + now.saturating_duration_since(self.began);
        Some(time_at(media, at, length)?.min(watched))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{Container, Keyframe, KeyframeIndex};

    fn film(keyframes: &[(u64, u64)]) -> MediaInfo {
        let entry = |(time, offset): &(u64, u64)| Keyframe {
            time: Duration::from_secs(*time),
            offset: *offset,
        };
        let entries: Vec<_> = keyframes.iter().map(entry).collect();
        let keyframes =
            (!entries.is_empty()).then(|| KeyframeIndex { entries, ..Default::default() });
        let duration = Some(Duration::from_secs(100));
        MediaInfo { duration, keyframes, ..MediaInfo::of(Container::Mp4) }
    }

    #[test]
    fn the_index_says_more_than_the_average() {
        let seconds = |film: &MediaInfo, at| time_at(film, at, 1000).map(|time| time.as_secs());
        let flat = film(&[]);
        assert_eq!(
            (seconds(&flat, 0), seconds(&flat, 500), seconds(&flat, 2000)),
            (Some(0), Some(50), Some(100))
        );
        let slow = film(&[(0, 100), (10, 800)]);
        assert_eq!(
            (seconds(&slow, 50), seconds(&slow, 450), seconds(&slow, 900)),
            (Some(0), Some(5), Some(55))
        );
        let unknown = MediaInfo { duration: None, ..flat };
        assert_eq!(seconds(&unknown, 500), None);
    }

    #[test]
    fn sockets_that_hold_all_the_rest_are_watched_from() {
        let (length, least, began) = (8 * PROBE, Duration::from_secs(10), Instant::now());
        let soon = began + Duration::from_millis(300);
        let is_viewing = |from, at, now| Reading { from, began }.is_viewing(at, length, least, now);
        assert!(is_viewing(2 * PROBE, length, soon), "nothing more will be asked for");
        assert!(!is_viewing(2 * PROBE, 4 * PROBE, soon), "it looked and went");
        assert!(!is_viewing(length - 1000, length, soon), "an index is read whole, too");
        assert!(is_viewing(2 * PROBE, 4 * PROBE, began + least), "it stayed");
    }

    #[test]
    fn nobody_watches_faster_than_the_clock() {
        let (film, began) = (film(&[]), Instant::now());
        let reading = Reading { from: 200, began };
        let after = |seconds, at| {
            let now = began + Duration::from_secs(seconds);
            reading.position(&film, 1000, at, now).map(|time| time.as_secs())
        };
        assert_eq!(after(10, 900), Some(30), "it read ahead");
        assert_eq!(after(60, 300), Some(30), "it was paused");
    }
}
