//! What a read is for, as far as its range tells.

use wire::ByteRange;

/// A read of the head this long at most only looks at what the file is.
const PROBE: u64 = 1024 * 1024;
/// Where indices lie that stand at the end (moov, Cues).
const TAIL: u64 = 4 * 1024 * 1024;

/// What a read is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Looks at the head.
    Probe,
    /// Reads the container's index.
    Index,
    /// Goes on elsewhere than where its viewer was.
    Seek,
    /// Plays on, or from the start.
    Sequential,
}

impl Kind {
    /// Of a read of `range` of a file of `len` bytes; `jumped`: its viewer was elsewhere in it.
    pub fn of(range: ByteRange, len: u64, jumped: bool) -> Self {
        let tail = range.start > 0 && range.start >= len.saturating_sub(TAIL.min(len / 8));
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
