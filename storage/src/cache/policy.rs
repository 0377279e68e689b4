//! Windows of cursors, and which pieces leave memory in what order. Pure.
//!
//! With files on disk a written piece costs little to drop, because the kernel's page cache holds
//! it too: keeping it here would hold the same bytes twice. So a written piece stays only while it
//! is close to a cursor, by small margins behind and ahead of it, and under pressure every written
//! piece may go: memory holds what the disk has not taken yet, and what is about to be sent. In memory-only mode a dropped piece must be fetched again: nothing
//! goes before there is pressure, and never from inside a window.

use std::cmp::Reverse;

use wire::{ByteRange, InfoHash, PieceIndex};

/// One reader's place in one torrent; unique in the process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CursorId(pub u64);

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

    /// The bytes it wants, `behind` of them before its position.
    fn range(&self, behind: u64) -> ByteRange {
        let ahead = self.position.saturating_add(self.ahead).min(self.end);
        ByteRange::new(self.position.saturating_sub(behind), ahead.max(self.position))
    }

    /// Whether it wants any of `piece`.
    fn wants(&self, piece: ByteRange, behind: u64) -> bool {
        let range = self.range(behind);
        // The piece under the position counts even for a window of no bytes.
        piece.start < range.end.max(self.position + 1) && piece.end > range.start
    }
}

/// An equal share of the budget for one of `cursors`: bytes ahead and behind.
///
/// `ahead_percent` of the share goes ahead (80 is usual), but at least two pieces; the rest behind.
pub fn share(capacity: u64, cursors: u32, ahead_percent: u8, piece_length: u32) -> (u64, u64) {
    let share = capacity / u64::from(cursors.max(1));
    let wanted = share * u64::from(ahead_percent.min(100)) / 100;
    let ahead = wanted.max(2 * u64::from(piece_length));
    (ahead, share.saturating_sub(ahead))
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
    /// Somebody holds it: dropping it from the cache would free nothing, and it is being read.
    pub held: bool,
}

/// What losing a written piece costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backing {
    /// A read from disk.
    Disk,
    /// Fetching it again: there are no files.
    Memory,
}

/// Whether `resident` should go at once, pressure or not: only pieces on disk do.
pub fn is_idle(resident: &Resident, cursors: &[CursorWindow], backing: Backing) -> bool {
    backing == Backing::Disk
        && resident.written
        && !cursors.iter().any(|cursor| {
            let behind = cursor.behind.min(CursorWindow::BEHIND_MARGIN);
            let ahead = cursor.ahead.min(CursorWindow::AHEAD_MARGIN);
            CursorWindow { ahead, ..*cursor }.wants(resident.range, behind)
        })
}

/// Whether `resident` may go under pressure.
pub fn may_evict(resident: &Resident, cursors: &[CursorWindow], backing: Backing) -> bool {
    if resident.held {
        return false;
    }
    match backing {
        Backing::Disk => resident.written,
        Backing::Memory => {
            !cursors.iter().any(|cursor| cursor.wants(resident.range, cursor.behind))
        }
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
pub fn evict<'a>(
    residents: impl Iterator<Item = Resident>,
    cursors: impl Fn(InfoHash) -> &'a [CursorWindow],
    backing: Backing,
    need: u64,
) -> Vec<(InfoHash, PieceIndex)> {
    let mut out: Vec<_> = residents
        .filter(|r| may_evict(r, cursors(r.info_hash), backing))
        .map(|r| (Reverse(distance(r.range, cursors(r.info_hash))), r))
        .collect();
    out.sort_by_key(|(rank, r)| (*rank, r.info_hash, Reverse(r.piece)));
    let mut freed = 0;
    out.into_iter()
        .take_while(|(_, r)| {
            let go = freed < need;
            freed += r.range.len();
            go
        })
        .map(|(_, r)| (r.info_hash, r.piece))
        .collect()
}
