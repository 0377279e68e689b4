//! Write-behind of one torrent: what is queued, written, synced; when to try again. Pure.
//!
//! A piece stays queued until its write is known to have worked, and a written piece stays unsynced
//! until a sync begun after its write is known to have worked. Forgetting which jobs run
//! ([`WriteQueue::restart`]) is therefore always safe: what was under way is done once more, and
//! doing it twice puts the same verified bytes in the same place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use wire::PieceIndex;

use crate::layout::FileIndex;
use crate::piece::Piece;

/// The write-behind queue of one torrent. `T` goes along with each piece: whom to tell. Bounded by
/// the budget: every piece in it holds its reservation.
#[derive(Debug)]
pub struct WriteQueue<T> {
    queued: BTreeMap<PieceIndex, (Arc<Piece>, T)>,
    /// The run being written, still in `queued` too.
    writing: Vec<PieceIndex>,
    /// Where the next run starts looking, so that pieces low in the torrent don't keep others
    /// waiting.
    next: PieceIndex,
    /// Written, not known to be on stable storage.
    unsynced: BTreeSet<PieceIndex>,
    /// Files those pieces are in.
    dirty: BTreeSet<FileIndex>,
    /// What the running sync will have made safe.
    syncing: Option<Sync>,
    /// When the oldest of `unsynced` was written.
    dirty_since: Option<Instant>,
    /// Failed writes in a row, and when to try again.
    failed: Option<(u32, Option<Instant>)>,
    /// The last sync failed.
    sync_failed: bool,
}

/// One sync: what to sync, and what is safe once it worked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sync {
    /// Files to sync.
    pub files: BTreeSet<FileIndex>,
    /// Pieces then safe.
    pub pieces: BTreeSet<PieceIndex>,
}

impl<T> Default for WriteQueue<T> {
    fn default() -> Self {
        Self {
            queued: BTreeMap::new(),
            writing: Vec::new(),
            next: PieceIndex(0),
            unsynced: BTreeSet::new(),
            dirty: BTreeSet::new(),
            syncing: None,
            dirty_since: None,
            failed: None,
            sync_failed: false,
        }
    }
}

impl<T> WriteQueue<T> {
    /// Neighbouring pieces are written together up to so many bytes.
    pub const RUN_LEN: u64 = 2 * 1024 * 1024;
    /// A written piece waits at most so long for its sync to begin.
    pub const SYNC_AFTER: Duration = Duration::from_secs(2);
    /// Wait after the first failed write, doubled by each further one...
    pub const FIRST_RETRY: Duration = Duration::from_millis(500);
    /// ...up to this.
    pub const MAX_RETRY: Duration = Duration::from_secs(15);

    /// Queues `piece`. `false` when it is queued already.
    pub fn push(&mut self, piece: Arc<Piece>, tag: T) -> bool {
        let news = !self.queued.contains_key(&piece.index());
        if news {
            self.queued.insert(piece.index(), (piece, tag));
        }
        news
    }

    /// The next run to write, unless one is being written or it is too soon after a failure.
    pub fn begin_write(&mut self, now: Instant) -> Option<Vec<Arc<Piece>>> {
        if !self.writing.is_empty() || self.retry_at().is_some_and(|at| now < at) {
            return None;
        }
        let from_next = self.queued.range(self.next..).next();
        let (&start, _) = from_next.or_else(|| self.queued.first_key_value())?;
        let mut run: Vec<Arc<Piece>> = Vec::new();
        let mut len = 0;
        for (expected, (index, (piece, _))) in (start.0..).zip(self.queued.range(start..)) {
            if index.0 != expected || (len > 0 && len + u64::from(piece.len()) > Self::RUN_LEN) {
                break;
            }
            len += u64::from(piece.len());
            run.push(Arc::clone(piece));
        }
        self.writing = run.iter().map(|piece| piece.index()).collect();
        Some(run)
    }

    /// The run was written to `files`: whom to tell, piece by piece.
    pub fn wrote(&mut self, now: Instant, files: BTreeSet<FileIndex>) -> Vec<(PieceIndex, T)> {
        let mut told = Vec::with_capacity(self.writing.len());
        for index in std::mem::take(&mut self.writing) {
            self.next = PieceIndex(index.0.saturating_add(1));
            if let Some((_, tag)) = self.queued.remove(&index) {
                told.push((index, tag));
                self.unsynced.insert(index);
            }
        }
        self.dirty.extend(files);
        if !self.unsynced.is_empty() {
            self.dirty_since.get_or_insert(now);
        }
        self.failed = None;
        told
    }

    /// The run could not be written; it stays queued and is tried again after a while.
    pub fn write_failed(&mut self, now: Instant) {
        self.writing.clear();
        let count = self.failed.map_or(0, |(count, _)| count);
        let wait = (Self::FIRST_RETRY * 2u32.saturating_pow(count.min(16))).min(Self::MAX_RETRY);
        self.failed = Some((count.saturating_add(1), Some(now + wait)));
    }

    /// What to sync, when it is time (`urgent`: now) and no sync is running.
    pub fn begin_sync(&mut self, now: Instant, urgent: bool) -> Option<Sync> {
        let since = self.dirty_since?;
        if self.syncing.is_some() || (!urgent && now < since + Self::SYNC_AFTER) {
            return None;
        }
        let sync = Sync {
            files: std::mem::take(&mut self.dirty),
            pieces: std::mem::take(&mut self.unsynced),
        };
        self.dirty_since = None;
        self.syncing = Some(sync.clone());
        Some(sync)
    }

    /// The sync worked: these pieces are safe, ascending.
    pub fn synced(&mut self) -> Vec<PieceIndex> {
        self.sync_failed = false;
        let sync = self.syncing.take().unwrap_or_default();
        sync.pieces.into_iter().collect()
    }

    /// The sync failed. Its pieces are never called safe: the kernel may have dropped their data
    /// and a second sync would say yes to nothing. They are checked at the next start. The files are
    /// synced again, to see whether that works by then.
    pub fn sync_failed(&mut self, now: Instant) {
        self.sync_failed = true;
        self.dirty.extend(self.syncing.take().unwrap_or_default().files);
        self.dirty_since.get_or_insert(now);
    }

    /// Forgets the wait after a failed write.
    pub fn retry_now(&mut self) {
        if let Some((_, at)) = &mut self.failed {
            *at = None;
        }
    }

    /// Forgets which jobs run; what they were about is to be done again.
    pub fn restart(&mut self, now: Instant) {
        self.writing.clear();
        if let Some(sync) = self.syncing.take() {
            self.dirty.extend(sync.files);
            self.unsynced.extend(sync.pieces);
            self.dirty_since = Some(now);
        }
    }

    /// When [`Self::begin_write`] or [`Self::begin_sync`] may have something although nothing
    /// happened.
    pub fn alarm(&self) -> Option<Instant> {
        let sync = self.dirty_since.filter(|_| self.syncing.is_none());
        let retry = self.retry_at().filter(|_| self.writing.is_empty());
        let sync = sync.map(|since| since + Self::SYNC_AFTER);
        sync.into_iter().chain(retry).min()
    }

    /// Whether the last write and the last sync worked.
    pub fn is_working(&self) -> bool {
        self.failed.is_none() && !self.sync_failed
    }

    fn retry_at(&self) -> Option<Instant> {
        self.failed.and_then(|(_, at)| at)
    }

    /// Whether nothing waits to be written.
    pub fn is_written(&self) -> bool {
        self.queued.is_empty()
    }

    /// Whether nothing waits to be written or synced.
    pub fn is_clean(&self) -> bool {
        self.is_written() && self.dirty_since.is_none() && self.syncing.is_none()
    }

    /// Bytes queued.
    pub fn bytes(&self) -> u64 {
        let pieces = self.queued.values();
        pieces.map(|(piece, _)| u64::from(piece.len())).sum()
    }
}
