//! The open reads: where they are, how fast they go, what lies ahead of them.

use std::ops::Range;
use std::time::Instant;

use storage::cache::policy::Reach;
use wire::{BLOCK_LEN, ByteRange, Geometry, PieceIndex};

use super::CursorId;
use super::bits::Bits;
use super::estimate::seconds;
use super::hint::Pace;
use super::stalls::Waiting;

/// Seconds a cursor's rate looks back.
const RATE_MEMORY: f64 = 5.0;
/// Bytes a second assumed of a cursor at least: a slow start is no reason for a small window.
const LEAST_RATE: f64 = 256.0 * 1024.0;
/// Seconds buffered below which cursors weigh the same.
const LEAST_BUFFERED: f64 = 0.25;
/// Seconds buffered above which cursors weigh the same.
const MOST_BUFFERED: f64 = 60.0;
/// What a cursor that was not served for lack of need may catch up: 4 MiB at a second buffered.
const CREDIT: f64 = 4.0 * 1024.0 * 1024.0;

/// Pieces of an index fetched in advance at most.
const INDEX_PIECES: usize = 64;

/// One open read.
pub(super) struct Cursor {
    pub(super) id: CursorId,
    /// Where it began.
    start: u64,
    pub(super) position: u64,
    end: u64,
    /// How far ahead it may be served.
    reach: Reach,
    /// Bytes read and seconds taken, both fading over [`RATE_MEMORY`].
    bytes: f64,
    time: f64,
    moved: Instant,
    /// What the container says of its file.
    pace: Pace,
    /// Pieces it wants before its window: the container's index.
    pub(super) index: Vec<PieceIndex>,
    /// Service received, weighted: the least served goes first (deficit round robin).
    service: f64,
    /// The missing piece it stands on.
    pub(super) blocking: Option<PieceIndex>,
    /// The wait for that piece.
    pub(super) waiting: Option<Waiting>,
    /// Pieces it may be served.
    pub(super) window: Range<u32>,
    /// Verified bytes in a row from `position`, within the window.
    pub(super) buffered: u64,
    /// Everything in the window is here.
    satisfied: bool,
}

impl Cursor {
    /// Bytes a second it reads.
    pub(super) fn rate(&self) -> f64 {
        if self.time > 0.0 { self.bytes / self.time } else { 0.0 }
    }

    /// Bytes a second its file is played at, here and where its buffer ends; 0 when unknown.
    pub(super) fn bitrate(&self) -> f64 {
        let ahead = self.position.saturating_add(self.buffered);
        self.pace.at(self.position).max(self.pace.at(ahead))
    }

    /// Bytes a second it needs: what it reads, and no less than playback takes.
    fn consumption(&self) -> f64 {
        self.rate().max(self.bitrate())
    }

    pub(super) fn buffered_seconds(&self) -> f64 {
        let bitrate = self.bitrate();
        let least = if bitrate > 0.0 { bitrate } else { LEAST_RATE };
        self.buffered as f64 / self.rate().max(least)
    }

    /// Whether it has read nothing yet.
    pub(super) fn is_new(&self) -> bool {
        self.position == self.start
    }

    pub(super) fn window_end(&self, ahead: u64) -> u64 {
        self.position.saturating_add(self.reach.ahead(ahead)).min(self.end)
    }

    pub(super) fn range(&self) -> ByteRange {
        ByteRange::new(self.position, self.end)
    }

    fn advance(&mut self, position: u64, now: Instant) {
        let elapsed = seconds(now, self.moved);
        let fade = (-elapsed / RATE_MEMORY).exp();
        self.bytes = self.bytes * fade + position.saturating_sub(self.position) as f64;
        self.time = self.time * fade + elapsed;
        self.moved = now;
        self.position = position;
    }

    fn look(&mut self, geometry: &Geometry, mine: &Bits, ahead: u64) {
        let end = self.window_end(ahead).max((self.position + 1).min(self.end));
        self.window = geometry.pieces_of(ByteRange::new(self.position, end));
        let gap = mine.first_clear(self.window.clone());
        let whole = geometry.total().min(end);
        let until = gap.map_or(whole, |piece| geometry.piece_start(piece));
        self.buffered = until.saturating_sub(self.position);
        self.blocking = gap.filter(|piece| piece.0 == self.window.start);
        self.satisfied = gap.is_none();
    }
}

/// All open reads of the torrent.
pub(super) struct Cursors {
    pub(super) list: Vec<Cursor>,
    /// Bytes ahead of each that memory allows.
    pub(super) ahead: u64,
    /// Indices into `list`: who has read nothing yet, then the least served first.
    order: Vec<usize>,
}

impl Cursors {
    pub(super) fn new() -> Self {
        Self { list: Vec::new(), ahead: 16 * 1024 * 1024, order: Vec::new() }
    }

    pub(super) fn open(&mut self, id: CursorId, range: ByteRange, reach: Reach, now: Instant) {
        self.close(id);
        let service = self.list.iter().map(|c| c.service).min_by(f64::total_cmp);
        self.list.push(Cursor {
            id,
            start: range.start,
            position: range.start,
            end: range.end,
            reach,
            bytes: 0.0,
            time: 0.0,
            moved: now,
            pace: Pace::default(),
            index: Vec::new(),
            service: service.unwrap_or(0.0),
            blocking: None,
            waiting: None,
            window: 0..0,
            buffered: 0,
            satisfied: false,
        });
    }

    /// Lets a cursor be served as far as any; `false` when there is no such cursor.
    pub(super) fn promote(&mut self, id: CursorId) -> bool {
        let cursor = self.list.iter_mut().find(|c| c.id == id);
        cursor.map(|cursor| cursor.reach = Reach::Share).is_some()
    }

    /// Notes what the container says; `false` when there is no such cursor.
    pub(super) fn hint(&mut self, id: CursorId, pace: Pace, geometry: &Geometry) -> bool {
        let Some(cursor) = self.list.iter_mut().find(|c| c.id == id) else { return false };
        let pieces = pace.index.iter().flat_map(|range| geometry.pieces_of(*range));
        cursor.index = pieces.map(PieceIndex).take(INDEX_PIECES).collect();
        cursor.pace = pace;
        true
    }

    pub(super) fn close(&mut self, id: CursorId) -> bool {
        let before = self.list.len();
        self.list.retain(|c| c.id != id);
        self.list.len() < before
    }

    /// Moves a cursor; `Some(true)` when it jumped, `None` when there is no such cursor.
    pub(super) fn advance(&mut self, id: CursorId, position: u64, now: Instant) -> Option<bool> {
        let cursor = self.list.iter_mut().find(|c| c.id == id)?;
        let position = position.min(cursor.end);
        let read = cursor.position..=cursor.position.saturating_add(cursor.buffered);
        if read.contains(&position) {
            cursor.advance(position, now);
            return Some(false);
        }
        cursor.position = position;
        cursor.moved = now;
        Some(true)
    }

    /// Looks again at what lies ahead of each.
    pub(super) fn look(&mut self, geometry: &Geometry, mine: &Bits) {
        let ahead = self.ahead;
        let most = self.list.iter().map(|c| c.service).max_by(f64::total_cmp);
        let floor = most.unwrap_or(0.0) - CREDIT;
        for cursor in &mut self.list {
            cursor.look(geometry, mine, ahead);
            cursor.service = cursor.service.max(floor);
        }
        self.order.clear();
        self.order.extend(0..self.list.len());
        self.sort();
    }

    /// Who has had nothing yet goes first: what was read before lies in a player's buffer.
    fn sort(&mut self) {
        let list = &self.list;
        let begun = |i: &usize| !list[*i].is_new();
        self.order.sort_by(|a, b| {
            begun(a).cmp(&begun(b)).then(list[*a].service.total_cmp(&list[*b].service))
        });
    }

    /// The cursors in the order in which they are served.
    pub(super) fn in_order(&self) -> impl Iterator<Item = (usize, &Cursor)> {
        self.order.iter().map(|i| (*i, &self.list[*i]))
    }

    /// Notes that cursor `index` was given a block: the fuller its buffer, the dearer.
    pub(super) fn served(&mut self, index: usize) {
        if let Some(cursor) = self.list.get_mut(index) {
            let price = cursor.buffered_seconds().clamp(LEAST_BUFFERED, MOST_BUFFERED);
            cursor.service += price * f64::from(BLOCK_LEN);
        }
        if self.order.len() > 1 {
            self.sort();
        }
    }

    pub(super) fn covers(&self, piece: PieceIndex) -> bool {
        self.list.iter().any(|c| c.window.contains(&piece.0) || c.index.contains(&piece))
    }

    /// Whether some cursor stands on a missing piece.
    pub(super) fn waits(&self) -> bool {
        self.list.iter().any(|c| c.blocking.is_some())
    }

    pub(super) fn blocks_on(&self, piece: PieceIndex) -> bool {
        self.list.iter().any(|c| c.blocking == Some(piece))
    }

    /// How many pieces `piece` lies from the nearest cursor that may still come to it.
    pub(super) fn distance(&self, piece: PieceIndex) -> u32 {
        let ahead = self.list.iter().map(|c| piece.0.checked_sub(c.window.start));
        ahead.flatten().min().unwrap_or(u32::MAX)
    }

    /// Whether some cursor has less than `enough` seconds ahead and more to come.
    pub(super) fn hungry(&self, enough: f64) -> bool {
        self.list.iter().any(|c| !c.satisfied && c.buffered_seconds() < enough)
    }

    /// Bytes a second that the cursors with more to come need together.
    pub(super) fn consumption(&self) -> f64 {
        self.list.iter().filter(|c| !c.satisfied).map(Cursor::consumption).sum()
    }
}
