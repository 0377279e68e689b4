//! Where viewers were last: a read that begins elsewhere is a seek.

use std::collections::VecDeque;

use wire::ByteRange;

use super::kind::Kind;

/// Viewers of files remembered at most; the one not seen for longest goes.
const CAP: usize = 32;

/// A viewer of a file.
#[derive(Clone, Debug)]
struct Seen {
    viewer: String,
    file_index: usize,
    position: u64,
    seeks: u32,
}

/// Where viewers were last.
#[derive(Clone, Debug, Default)]
pub struct Viewers(VecDeque<Seen>);

impl Viewers {
    /// A read of `range` of a file of `len` bytes begins: what its range tells, and how often its viewer
    /// has jumped in this file so far.
    pub fn opens(
        &mut self,
        viewer: &str,
        file_index: usize,
        range: ByteRange,
        len: u64,
    ) -> (Kind, u32) {
        let before = self.find(viewer, file_index);
        let jumped = before.as_ref().is_some_and(|seen| seen.position != range.start);
        let kind = Kind::of(range, len, jumped);
        let seeks = before.map_or(0, |seen| seen.seeks) + u32::from(kind == Kind::Seek);
        // Whoever looks at head or index goes on from there, or from where it was: no seek.
        if matches!(kind, Kind::Seek | Kind::Sequential) {
            self.put(viewer, file_index, range.start, seeks);
        }
        (kind, seeks)
    }

    /// A read that plays ended at `position`.
    pub fn closes(&mut self, viewer: &str, file_index: usize, position: u64) {
        if let Some(seen) = self.find(viewer, file_index) {
            self.put(viewer, file_index, position, seen.seeks);
        }
    }

    fn find(&self, viewer: &str, file_index: usize) -> Option<Seen> {
        let same = |seen: &&Seen| seen.viewer == viewer && seen.file_index == file_index;
        self.0.iter().find(same).cloned()
    }

    fn put(&mut self, viewer: &str, file_index: usize, position: u64, seeks: u32) {
        self.0.retain(|seen| seen.viewer != viewer || seen.file_index != file_index);
        self.0.push_back(Seen { viewer: viewer.to_owned(), file_index, position, seeks });
        if self.0.len() > CAP {
            self.0.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEN: u64 = 1 << 30;

    fn from(start: u64) -> ByteRange {
        ByteRange::new(start, LEN)
    }

    #[test]
    fn a_read_elsewhere_is_a_seek_and_going_on_is_none() {
        let mut viewers = Viewers::default();
        assert_eq!(viewers.opens("a", 0, from(0), LEN), (Kind::Sequential, 0));
        assert_eq!(viewers.opens("a", 0, from(LEN - 9), LEN), (Kind::Index, 0));
        viewers.closes("a", 0, 5000);
        assert_eq!(viewers.opens("a", 0, from(5000), LEN), (Kind::Sequential, 0));
        assert_eq!(viewers.opens("a", 0, from(LEN / 2), LEN), (Kind::Seek, 1));
        assert_eq!(viewers.opens("a", 0, from(LEN / 4), LEN), (Kind::Seek, 2));
        assert_eq!(viewers.opens("b", 0, from(LEN / 2), LEN), (Kind::Sequential, 0));
        assert_eq!(viewers.opens("a", 1, from(LEN / 2), LEN), (Kind::Sequential, 0));
    }
}
