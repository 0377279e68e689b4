//! What a read is for.

use wire::ByteRange;

/// A read of the head this long at most only looks at what the file is.
const PROBE: u64 = 1024 * 1024;
/// Where indices lie that stand at the end (moov, Cues), in files of which a percent is less.
const TAIL: u64 = 4 * 1024 * 1024;

/// What a read is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Looks at the head, or has not shown yet that it goes on.
    Probe,
    /// Reads the container's index.
    Index,
    /// Goes on elsewhere than where its viewer was.
    Seek,
    /// Plays on, or from the start.
    Sequential,
    /// Has taken nothing for long: a paused player that keeps its connection.
    Idle,
}

impl Kind {
    /// What its range tells of a read of a file of `len` bytes; `jumped`: its viewer was elsewhere
    /// in it.
    pub fn of(range: ByteRange, len: u64, jumped: bool) -> Self {
        let tail = TAIL.min(len / 8).max(len / 100);
        let tail = range.start > 0 && range.start >= len.saturating_sub(tail);
        match jumped {
            _ if tail => Self::Index,
            _ if range.end < len && range.end <= PROBE => Self::Probe,
            true => Self::Seek,
            false => Self::Sequential,
        }
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Index => "index",
            Self::Seek => "seek",
            Self::Sequential => "sequential",
            Self::Idle => "idle",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_tells() {
        let len = 1 << 30;
        let kind = |start, end, jumped| Kind::of(ByteRange::new(start, end), len, jumped);
        assert_eq!(kind(0, 1 << 16, false), Kind::Probe);
        assert_eq!(kind(0, len, false), Kind::Sequential);
        assert_eq!(kind(len - 100_000, len, true), Kind::Index);
        assert_eq!(kind(len / 2, len, true), Kind::Seek);
        assert_eq!(kind(len / 2, len, false), Kind::Sequential);
        let whole = Kind::of(ByteRange::new(0, 9), 9, false);
        assert_eq!(whole, Kind::Sequential, "a small file");
    }
}
