//! Windows of cursors, and which pieces leave memory in what order. Pure.
//!
//! With files on disk a written piece costs little to drop, because the kernel's page cache holds
//! it too: keeping it here would hold the same bytes twice. So a written piece stays only while it
//! is close to a cursor, by small margins behind and ahead of it, and under pressure every written
//! piece may go: memory holds what the disk has not taken yet, and what is about to be sent.
//!
//! In memory-only mode a dropped piece must be fetched again: nothing goes before there is
//! pressure. What no window holds goes first; the rest of the ladder ([`Use`]) is for a reader that
//! waits.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use wire::{ByteRange, Geometry, InfoHash, PieceIndex};

/// One reader's place in one torrent; unique in the process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CursorId(pub u64);

/// How far ahead of its position a cursor is served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// [`Self::NEAR`] at most: nobody knows yet whether its reader goes on.
    Near,
    /// As far as its share of the budget.
    Share,
}

impl Reach {
    /// What a reader that only looks has served ahead of it, and the piece it stands on: 2 MiB.
    pub const NEAR: u64 = 2 * 1024 * 1024;

    /// Bytes ahead, where a share of the budget has `share`.
    pub fn ahead(self, share: u64) -> u64 {
        match self {
            Self::Near => share.min(Self::NEAR),
            Self::Share => share,
        }
    }
}

/// What a cursor wants kept, in torrent bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CursorWindow {
    /// Next byte it reads.
    pub position: u64,
    /// One past the last byte it will read.
    pub end: u64,
    /// Bytes to keep from `position` on.
    pub ahead: u64,
    /// Bytes to keep before `position`.
    pub behind: u64,
}

impl CursorWindow {
    /// Written pieces are kept no farther behind a cursor than this, whatever its share.
    pub const BEHIND_MARGIN: u64 = 256 * 1024;
    /// Written pieces are kept no farther ahead of a cursor than this, whatever its window: enough
    /// that a player reads without waiting for a disk to seek.
    pub const AHEAD_MARGIN: u64 = 1024 * 1024;

    /// Moves its position up to `start` when that is ahead of it and before its end.
    pub fn advance(&mut self, start: u64) -> bool {
        let ahead = start > self.position && start < self.end;
        if ahead {
            self.position = start;
        }
        ahead
    }

    /// Whether any of `piece` lies in the window, or in its last `behind` bytes before the position.
    /// The piece under the position counts even for a window of no bytes.
    pub(crate) fn holds(&self, piece: ByteRange, behind: u64) -> bool {
        let ahead = self.position.saturating_add(self.ahead).min(self.end);
        let from = self.position.saturating_sub(behind);
        piece.start < ahead.max(self.position + 1) && piece.end > from
    }

    /// Whether `piece` is the one under the position or the next.
    fn stands_on(&self, piece: ByteRange) -> bool {
        piece.end > self.position
            && piece.start <= self.position.saturating_add(piece.len())
            && (piece.start <= self.position || piece.start < self.end)
    }
}

/// Pieces that each stream is sure to have room for in memory-only mode: the one it reads, and the
/// next.
pub const LEAST_AHEAD: u64 = 2;

/// The equal share of `capacity` for each cursor, of which `pieces` are the piece lengths: what is
/// left to those whose [`LEAST_AHEAD`] pieces take no more, after the others have theirs. So all
/// together come to no more than the capacity, if those pieces do.
pub fn level(capacity: u64, mut pieces: Vec<u32>) -> u64 {
    pieces.sort_unstable();
    let mut left = capacity;
    while let Some(longest) = pieces.pop() {
        let (least, sharers) = (LEAST_AHEAD * u64::from(longest), pieces.len() as u64 + 1);
        if least <= left / sharers {
            return left / sharers;
        }
        left = left.saturating_sub(least);
    }
    left
}

/// A cursor's bytes ahead and behind, where the equal share is `level`.
///
/// `ahead_percent` of it goes ahead (80 is usual), but at least two pieces; the rest behind.
pub fn share(level: u64, ahead_percent: u8, piece_length: u32) -> (u64, u64) {
    let wanted = level * u64::from(ahead_percent.min(100)) / 100;
    let ahead = wanted.max(LEAST_AHEAD * u64::from(piece_length));
    (ahead, level.saturating_sub(ahead))
}

/// What players read before anything else, and again on every seek (`PICKER.md`'s edges).
const HEAD: u64 = 2 * 1024 * 1024;
const TAIL: u64 = 4 * 1024 * 1024;
/// Bytes of edges kept of one torrent.
const MAX_EDGES: u64 = 8 * 1024 * 1024;

/// The pieces at both ends of `files` (torrent bytes), heads first, while they come to at most
/// 8 MiB together.
pub fn edges(files: &[ByteRange], geometry: &Geometry) -> BTreeSet<PieceIndex> {
    let heads = files.iter().map(|f| ByteRange::new(f.start, f.end.min(f.start + HEAD)));
    let tails =
        files.iter().map(|f| ByteRange::new(f.end.saturating_sub(TAIL).max(f.start), f.end));
    let (mut pinned, mut bytes) = (BTreeSet::new(), 0);
    for piece in heads.chain(tails).flat_map(|edge| geometry.pieces_of(edge)).map(PieceIndex) {
        let len = u64::from(geometry.piece_len(piece));
        if bytes + len <= MAX_EDGES && pinned.insert(piece) {
            bytes += len;
        }
    }
    pinned
}

/// A piece in memory, as the policy sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resident {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The piece.
    pub piece: PieceIndex,
    /// Its bytes in the torrent.
    pub range: ByteRange,
    /// Its bytes can be had again without the network.
    pub written: bool,
    /// Somebody holds it: dropping it from the cache would free nothing.
    pub held: bool,
    /// One of its torrent's [`edges`].
    pub edge: bool,
}

/// What losing a written piece costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backing {
    /// A read from disk.
    Disk,
    /// Fetching it again: there are no files.
    Memory,
}

impl Backing {
    /// The word the API and the configuration use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Memory => "memory",
        }
    }
}

/// Whether `resident` should go at once, pressure or not: only pieces on disk do.
pub fn is_idle(resident: &Resident, cursors: &[CursorWindow], backing: Backing) -> bool {
    backing == Backing::Disk
        && resident.written
        && !cursors.iter().any(|cursor| {
            let behind = cursor.behind.min(CursorWindow::BEHIND_MARGIN);
            let ahead = cursor.ahead.min(CursorWindow::AHEAD_MARGIN);
            CursorWindow { ahead, ..*cursor }.holds(resident.range, behind)
        })
}

/// What a piece that may go is kept for: the rungs of the pressure ladder, least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Use {
    /// No window holds it, or it costs nothing to have again.
    None,
    /// A cursor may jump back a little.
    Behind,
    /// A player may come back to its file's index.
    Edge,
    /// A cursor will come to it, but not next.
    Ahead,
}

/// What `resident` is kept for, or `None` when it may not go: held, under a read or next to be
/// read, or not yet written where there are files.
pub fn usefulness(resident: &Resident, cursors: &[CursorWindow], backing: Backing) -> Option<Use> {
    let any = |test: &dyn Fn(&CursorWindow) -> bool| cursors.iter().any(test);
    let range = resident.range;
    match backing {
        _ if resident.held => None,
        Backing::Disk => resident.written.then_some(Use::None),
        Backing::Memory if any(&|c| c.stands_on(range)) => None,
        Backing::Memory if any(&|c| c.holds(range, 0)) => Some(Use::Ahead),
        Backing::Memory if resident.edge => Some(Use::Edge),
        Backing::Memory if any(&|c| c.holds(range, c.behind)) => Some(Use::Behind),
        Backing::Memory => Some(Use::None),
    }
}

/// Rank of eviction, greatest first: what no cursor reads towards, then what is farthest from the
/// nearest cursor. A torrent without cursors comes before all others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Distance {
    /// Behind every cursor: no one reads towards it.
    behind: bool,
    /// Bytes to the nearest cursor.
    bytes: u64,
}

/// How far `piece` is from the nearest of `cursors`.
pub fn distance(piece: ByteRange, cursors: &[CursorWindow]) -> Distance {
    let ahead = cursors
        .iter()
        .filter(|c| piece.end > c.position && piece.start < c.end)
        .map(|c| piece.start.saturating_sub(c.position))
        .min();
    let to_nearest = || {
        cursors.iter().map(|c| {
            let past = c.position.saturating_sub(piece.end);
            past.max(piece.start.saturating_sub(c.position))
        })
    };
    Distance {
        behind: ahead.is_none(),
        bytes: ahead.or_else(|| to_nearest().min()).unwrap_or(u64::MAX),
    }
}

/// The pieces to drop so that `need` bytes come back, in order; fewer bytes when no more may go.
/// Nothing goes that is kept for more than `most`.
pub fn evict<'a>(
    residents: impl Iterator<Item = Resident>,
    cursors: impl Fn(InfoHash) -> &'a [CursorWindow],
    backing: Backing,
    need: u64,
    most: Use,
) -> Vec<(InfoHash, PieceIndex)> {
    let rank = |resident: Resident| {
        let cursors = cursors(resident.info_hash);
        let kept_for = usefulness(&resident, cursors, backing).filter(|kept| *kept <= most)?;
        Some((kept_for, Reverse(distance(resident.range, cursors)), resident))
    };
    let mut out: Vec<_> = residents.filter_map(rank).collect();
    out.sort_by_key(|(kept_for, far, r)| (*kept_for, *far, r.info_hash, Reverse(r.piece)));
    let mut freed = 0;
    out.into_iter()
        .take_while(|(.., r)| {
            let go = freed < need;
            freed += r.range.len();
            go
        })
        .map(|(.., r)| (r.info_hash, r.piece))
        .collect()
}
