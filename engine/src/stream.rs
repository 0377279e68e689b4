//! A cursor in, verified `Bytes` out.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use storage::cache::Found;
use storage::cache::actor::Read;
use storage::cache::hits::Source;
use storage::cache::policy::CursorId as CacheCursor;
use storage::{DiskReader, Piece, StorageError};
use wire::{ByteRange, InfoHash, PieceIndex};

use crate::EngineError;
use crate::picker::news::actor::CursorNews;
use crate::picker::{CursorId, Stall, WaitReason};
use crate::torrent::accounts::actor::{Look, Waited};
use crate::torrent::streams::actor::{Closed, StreamParts};
use crate::view::StreamLabel;

/// Which bytes to read, and who reads them.
#[derive(Clone, Debug)]
pub struct OpenStream {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The listed file's number.
    pub file_index: usize,
    /// Bytes of the file; clamped to its length.
    pub range: ByteRange,
    /// Carried through to [`crate::view::StreamView`].
    pub label: StreamLabel,
}

/// The wait before asking storage again that restarted under a question.
const ASK_AGAIN: Duration = Duration::from_millis(10);

/// The most a stream takes of a piece at once: with what its connection holds, what a client that
/// reads slowly pins.
const STRETCH: u64 = 1024 * 1024;

/// What a stream reads of the disk at once when the budget has no room for more: one block beside
/// it, so that the read goes on.
const UNCHARGED: u64 = wire::BLOCK_LEN as u64;

/// A running read of one range of one file; dropping it ends its cursor and cancels its requests.
pub struct FileStream {
    parts: StreamParts,
    /// Next torrent byte to load; what is in `ready` comes before it.
    next: u64,
    /// Loaded and not yet handed out: a stretch of a piece, or one read of the disk.
    ready: VecDeque<Bytes>,
    /// The piece that the last stretch was of. Not held, so that it can leave memory meanwhile.
    piece: Weak<Piece>,
    /// Up to this torrent byte everything is known to be on disk.
    on_disk: u64,
    /// Why it broke off.
    error: Option<String>,
}

impl FileStream {
    pub(crate) fn new(parts: StreamParts) -> Self {
        let next = parts.shared.range.start;
        let (ready, piece) = (VecDeque::new(), Weak::new());
        Self { parts, next, ready, piece, on_disk: 0, error: None }
    }

    /// Bytes that are still to come.
    pub fn remaining(&self) -> u64 {
        self.parts.shared.range.end - self.parts.shared.position()
    }

    /// The next bytes in order, verified; `None` after the range's last. Waits for pieces not yet
    /// there, as long as it takes. Safe to drop and call again: nothing is lost.
    ///
    /// # Errors
    /// [`EngineError::Ended`] when the torrent is removed or the server stops;
    /// [`EngineError::Storage`] when its files cannot be read.
    pub async fn next(&mut self) -> Option<Result<Bytes, EngineError>> {
        while self.next < self.parts.shared.range.end || !self.ready.is_empty() {
            if let Some(bytes) = self.ready.pop_front() {
                let position = self.parts.shared.position() + bytes.len() as u64;
                self.parts.shared.set_position(position);
                return Some(Ok(bytes));
            }
            if let Err(error) = self.load().await {
                self.error = Some(error.to_string());
                return Some(Err(error));
            }
        }
        None
    }

    async fn load(&mut self) -> Result<(), EngineError> {
        if self.parts.shared.take_doubt() {
            self.on_disk = 0;
        }
        if self.parts.shared.is_to_be_looked_at() {
            self.parts.torrent.do_send(Look { id: self.parts.shared.id });
        }
        if self.next < self.on_disk {
            return self.load_from_disk().await;
        }
        let Some(piece) = self.parts.geometry.piece_at(self.next) else {
            return Err(EngineError::Storage("past the end of the torrent".into()));
        };
        if let Some(resident) = self.piece.upgrade().filter(|known| known.index() == piece) {
            self.take(&resident, Source::Ram);
            return Ok(());
        }
        self.tell_position();
        self.parts.shared.set_waiting(true);
        let found = self.find(piece).await;
        self.parts.shared.set_waiting(false);
        match found? {
            Found::Resident(resident) => self.take(&resident, Source::Ram),
            Found::Arrived(resident) => self.take(&resident, Source::Network),
            Found::OnDisk { pieces } => {
                let last = PieceIndex(piece.0.saturating_add(pieces.max(1)) - 1);
                self.on_disk = self.parts.geometry.piece_range(last).end;
            }
        }
        Ok(())
    }

    /// Makes the next stretch of `piece` ready.
    fn take(&mut self, piece: &Arc<Piece>, source: Source) {
        let within = self.parts.geometry.piece_range(piece.index());
        let until = within.end.min(self.parts.shared.range.end).min(self.next + STRETCH);
        let bytes = (self.next - within.start) as u32..(until - within.start) as u32;
        self.ready.extend(piece.slices(bytes));
        self.count(source, until - self.next);
        self.next = until;
        self.piece = Arc::downgrade(piece);
    }

    async fn load_from_disk(&mut self) -> Result<(), EngineError> {
        let limit = self.on_disk.min(self.parts.shared.range.end);
        let until = limit.min(self.next + DiskReader::MAX_READ);
        let room = self.parts.parts.budget.try_reserve((until - self.next) as u32);
        let until = if room.is_some() { until } else { until.min(self.next + UNCHARGED) };
        let begun = Instant::now();
        let bytes = self.parts.disk.read(ByteRange::new(self.next, until)).await;
        let bytes = bytes.map_err(|error| EngineError::Storage(error.to_string()))?;
        self.tell_disk_wait(begun);
        self.count(Source::Disk, bytes.len() as u64);
        let before = self.next / STRETCH;
        self.next += bytes.len() as u64;
        self.ready.push_back(match room {
            Some(room) => room.charge(bytes),
            None => bytes,
        });
        if self.next / STRETCH != before {
            self.tell_position();
        }
        Ok(())
    }

    fn count(&self, source: Source, bytes: u64) {
        self.parts.parts.hits.count(source, bytes);
        self.parts.shared.hits.count(source, bytes);
    }

    /// The picker knows nothing of reads that the disk was slow to answer.
    fn tell_disk_wait(&self, begun: Instant) {
        let (shared, lasted) = (&self.parts.shared, begun.elapsed());
        if let (true, Some(piece)) =
            (lasted >= Stall::LEAST, self.parts.geometry.piece_at(self.next))
        {
            let first = self.next == shared.range.start;
            let reason = WaitReason::Disk;
            let stall =
                Stall { at: begun, lasted, piece, block: None, peers: Vec::new(), reason, first };
            self.parts.torrent.do_send(Waited { cursor: CursorId(shared.id), stall });
        }
    }

    /// Asks the cache until it answers; it waits there while the piece is on its way.
    async fn find(&self, piece: PieceIndex) -> Result<Found, EngineError> {
        let shared = &self.parts.shared;
        let cursor = Some(CacheCursor(shared.id));
        loop {
            let asking =
                self.parts.parts.cache.send(Read { info_hash: shared.info_hash, piece, cursor });
            let answer = tokio::select! {
                answer = asking => answer,
                () = self.parts.end.cancelled() => {
                    return Err(EngineError::Ended("the torrent was removed or the server stops".into()));
                }
            };
            match answer {
                Ok(Ok(found)) => return Ok(found),
                Err(_) | Ok(Err(StorageError::Restarted)) => tokio::time::sleep(ASK_AGAIN).await,
                Ok(Err(error)) => return Err(EngineError::Ended(error.to_string())),
            }
        }
    }

    /// The picker schedules and the cache keeps by this.
    fn tell_position(&self) {
        let (shared, position) = (&self.parts.shared, self.next);
        if let Some(picker) = &*self.parts.picker.borrow() {
            picker.do_send(CursorNews::Moved { id: CursorId(shared.id), position });
        }
        self.parts.parts.cache.do_send(shared.place(position));
    }
}

impl Drop for FileStream {
    fn drop(&mut self) {
        let (id, error) = (self.parts.shared.id, self.error.take());
        self.parts.torrent.do_send(Closed { id, error });
    }
}
