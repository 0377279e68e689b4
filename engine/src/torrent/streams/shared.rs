//! What a running stream and its torrent both look at: a few atomics, no lock.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use storage::cache::CursorId;
use storage::cache::cursors::actor::Place;
use storage::cache::hits::HitCounters;
use storage::cache::policy::Reach;
use wire::{ByteRange, InfoHash};

use crate::torrent::accounts::reading::Reading;
use crate::view::StreamLabel;

/// One open read.
#[derive(Debug)]
pub(crate) struct StreamShared {
    /// Unique in the process; also its cursor's id.
    pub(crate) id: u64,
    pub(crate) info_hash: InfoHash,
    pub(crate) file_index: usize,
    /// The file's bytes in the torrent.
    pub(crate) file: ByteRange,
    /// What it reads, in torrent bytes.
    pub(crate) range: ByteRange,
    pub(crate) started_at: SystemTime,
    /// When its request came.
    pub(crate) asked: Instant,
    pub(crate) label: StreamLabel,
    /// From there to its first byte, once that has gone out.
    first_byte: OnceLock<Duration>,
    /// Next torrent byte to go out.
    position: AtomicU64,
    /// Whether it waits for the piece at `position`.
    waiting: AtomicBool,
    /// Where its bytes came from.
    pub(crate) hits: HitCounters,
    /// Set while it only looks.
    near: AtomicBool,
    /// Bytes sent at which its torrent looks at it again.
    look_at: AtomicU64,
    /// Set when pieces it believes to be on disk are checked again.
    doubted: AtomicBool,
}

impl StreamShared {
    pub(crate) fn new(
        id: u64,
        info_hash: InfoHash,
        (file_index, file): (usize, ByteRange),
        range: ByteRange,
        label: StreamLabel,
    ) -> Self {
        let (started_at, position) = (SystemTime::now(), AtomicU64::new(range.start));
        let asked = label.asked.unwrap_or_else(Instant::now);
        let (waiting, doubted) = (AtomicBool::new(false), AtomicBool::new(false));
        Self {
            id,
            info_hash,
            file_index,
            file,
            range,
            started_at,
            asked,
            label,
            first_byte: OnceLock::new(),
            position,
            waiting,
            hits: HitCounters::default(),
            near: AtomicBool::new(true),
            look_at: AtomicU64::new(u64::MAX),
            doubted,
        }
    }

    /// Where its cursor is, for the cache.
    pub(crate) fn place(&self, position: u64) -> Place {
        let (info_hash, cursor) = (self.info_hash, CursorId(self.id));
        let reach = if self.near.load(Relaxed) { Reach::Near } else { Reach::Share };
        Place { info_hash, cursor, file: self.file, position, end: self.range.end, reach }
    }

    /// What its torrent takes it for.
    pub(crate) fn note(&self, reading: &Reading) {
        if let Some(reach) = reading.reach() {
            self.near.store(reach == Reach::Near, Relaxed);
        }
        self.look_at.store(reading.look_at(), Relaxed);
    }

    /// Whether its torrent may take it for something else now.
    pub(crate) fn is_to_be_looked_at(&self) -> bool {
        self.sent() >= self.look_at.load(Relaxed)
    }

    pub(crate) fn position(&self) -> u64 {
        self.position.load(Relaxed)
    }

    /// Bytes went out, up to `position`.
    pub(crate) fn set_position(&self, position: u64) {
        self.first_byte.get_or_init(|| self.asked.elapsed());
        self.position.store(position, Relaxed);
    }

    /// From the request to its first byte, once that has gone out.
    pub(crate) fn first_byte(&self) -> Option<Duration> {
        self.first_byte.get().copied()
    }

    /// Bytes that have gone out.
    pub(crate) fn sent(&self) -> u64 {
        self.position() - self.range.start
    }

    /// What the stream knows of the disk holds no more.
    pub(crate) fn doubt(&self) {
        self.doubted.store(true, Relaxed);
    }

    /// Whether [`Self::doubt`] was called since the last time.
    pub(crate) fn take_doubt(&self) -> bool {
        self.doubted.load(Relaxed) && self.doubted.swap(false, Relaxed)
    }

    pub(crate) fn waiting(&self) -> bool {
        self.waiting.load(Relaxed)
    }

    pub(crate) fn set_waiting(&self, waiting: bool) {
        self.waiting.store(waiting, Relaxed);
    }
}
