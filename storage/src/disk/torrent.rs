//! One torrent on disk: its queue, its check, and which job comes next. Without actor or thread:
//! [`Torrent::next_job`] says what to do, [`Torrent::finish`] what came of it means.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::oneshot;
use wire::{Bitfield, Info, PieceIndex};

use crate::disk::beneath::Access;
use crate::disk::check::{Looked, check};
use crate::disk::files::Files;
use crate::disk::queue::WriteQueue;
use crate::disk::run::write_run;
use crate::error::StorageError;
use crate::event::PieceEvent;
use crate::layout::{FileIndex, Layout};
use crate::piece::Piece;
use crate::reader::{DiskReader, ReadLane};

/// Hashed by one job: short enough to tell of progress and to be replaced, bytes.
const CHECK_LEN: u64 = 32 * 1024 * 1024;

/// Something to do on a blocking thread.
pub(crate) enum Job {
    /// Write a run of pieces.
    Write(Arc<Files>, Arc<Info>, Vec<Arc<Piece>>),
    /// Sync these files.
    Sync(Arc<Files>, BTreeSet<FileIndex>),
    /// Hash these pieces from this one on, some of them, for the check of this number.
    Check(u64, Arc<Files>, Arc<Info>, Arc<[PieceIndex]>, usize),
}

/// What came of a [`Job`].
pub(crate) enum Outcome {
    /// The files touched.
    Wrote(Result<BTreeSet<FileIndex>, StorageError>),
    Synced(Result<(), StorageError>),
    Checked(u64, Looked),
}

impl Job {
    /// Blocks.
    pub(crate) fn run(self) -> Outcome {
        match self {
            Self::Write(files, info, run) => {
                Outcome::Wrote(write_run(&files, &info.geometry, &run))
            }
            Self::Sync(files, dirty) => Outcome::Synced(files.sync(&dirty)),
            Self::Check(id, files, info, pieces, from) => {
                let pieces = pieces.get(from..).unwrap_or_default();
                Outcome::Checked(id, check(&files, &info, pieces, CHECK_LEN))
            }
        }
    }

    /// The outcome when the thread died.
    pub(crate) fn lost(&self) -> Outcome {
        match self {
            Self::Write(..) => Outcome::Wrote(Err(StorageError::Restarted)),
            Self::Sync(..) => Outcome::Synced(Err(StorageError::Restarted)),
            // Goes on behind the piece it began with.
            Self::Check(id, ..) => Outcome::Checked(*id, Looked { pieces: 1, good: Vec::new() }),
        }
    }
}

/// News for somebody; `T` is who handed in a piece.
#[derive(Debug)]
pub(crate) enum Tell<T> {
    Torrent(PieceEvent),
    /// The piece is in its files.
    Written(T, PieceIndex),
}

type Reply = oneshot::Sender<Result<(), StorageError>>;

/// A check under way.
struct Check {
    /// Tells its outcomes from those of a check it replaced.
    id: u64,
    todo: Arc<[PieceIndex]>,
    done: usize,
    have: Bitfield,
    running: bool,
}

/// A torrent's files and what is to be done with them.
pub(crate) struct Torrent<T> {
    info: Arc<Info>,
    files: Arc<Files>,
    reader: DiskReader,
    queue: WriteQueue<T>,
    check: Option<Check>,
    checks: u64,
    /// Who waits until all is written and synced. Bounded by its senders: each waits.
    flushers: Vec<Reply>,
    /// The torrent was told that writing fails.
    failing: bool,
    /// The timer that is set.
    armed: Option<Instant>,
}

impl<T> Torrent<T> {
    pub(crate) fn new(info: Arc<Info>, root: PathBuf, lane: ReadLane) -> Self {
        let layout = Arc::new(Layout::new(&info, root));
        Self {
            info,
            files: Arc::new(Files::new(Arc::clone(&layout), Access::Write)),
            reader: DiskReader::new(layout, lane),
            queue: WriteQueue::default(),
            check: None,
            checks: 0,
            flushers: Vec::new(),
            failing: false,
            armed: None,
        }
    }

    pub(crate) fn reader(&self) -> DiskReader {
        self.reader.clone()
    }

    pub(crate) fn files(&self) -> Arc<Files> {
        Arc::clone(&self.files)
    }

    /// Bytes waiting to be written.
    pub(crate) fn queued(&self) -> u64 {
        self.queue.bytes()
    }

    /// Queues `piece`; one that is not of this torrent is dropped.
    pub(crate) fn write(&mut self, piece: Arc<Piece>, tag: T) {
        if piece.len() == self.info.geometry.piece_len(piece.index()) {
            self.queue.push(piece, tag);
        }
    }

    /// Begins a check of `pieces`, instead of the one under way.
    pub(crate) fn check(&mut self, pieces: &Bitfield) -> Vec<Tell<T>> {
        self.reader.files().release();
        self.checks += 1;
        self.check = Some(Check {
            id: self.checks,
            todo: pieces.iter().collect(),
            done: 0,
            have: Bitfield::none(self.info.geometry.pieces()),
            running: false,
        });
        self.check_done().into_iter().collect()
    }

    /// Answered when all is written and synced, or can't be. A write that waits for its next try is
    /// tried now.
    pub(crate) fn flush(&mut self) -> oneshot::Receiver<Result<(), StorageError>> {
        let (reply, flushed) = oneshot::channel();
        self.flushers.push(reply);
        self.queue.retry_now();
        self.answer_flushers();
        flushed
    }

    /// What to do next, if anything: called until there is nothing.
    pub(crate) fn next_job(&mut self, now: Instant) -> Option<Job> {
        if let Some(run) = self.queue.begin_write(now) {
            return Some(Job::Write(self.files(), Arc::clone(&self.info), run));
        }
        let urgent = !self.flushers.is_empty() && self.queue.is_written();
        if let Some(sync) = self.queue.begin_sync(now, urgent) {
            return Some(Job::Sync(self.files(), sync.files));
        }
        // What is queued is written first, unless it can't be: then it is no reason to wait.
        if !self.queue.is_written() && !self.failing {
            return None;
        }
        let check = self.check.as_mut().filter(|check| !check.running)?;
        check.running = true;
        let (files, todo) = (Arc::clone(self.reader.files()), Arc::clone(&check.todo));
        Some(Job::Check(check.id, files, Arc::clone(&self.info), todo, check.done))
    }

    /// What `outcome` means for whom.
    pub(crate) fn finish(&mut self, outcome: Outcome, now: Instant) -> Vec<Tell<T>> {
        let mut told = match outcome {
            Outcome::Wrote(Ok(files)) => self.wrote(now, files),
            Outcome::Synced(Ok(())) => self.synced(),
            Outcome::Checked(id, looked) => self.checked(id, &looked),
            Outcome::Wrote(Err(error)) => {
                self.queue.write_failed(now);
                self.failed(&error)
            }
            Outcome::Synced(Err(error)) => {
                self.queue.sync_failed(now);
                self.failed(&error)
            }
        };
        self.answer_flushers();
        if self.failing && self.queue.is_working() {
            self.failing = false;
            told.push(Tell::Torrent(PieceEvent::DiskRecovered));
        }
        told
    }

    /// When [`Self::next_job`] is to be asked again although nothing happens; `None` when a timer
    /// for that is set already.
    pub(crate) fn alarm(&mut self) -> Option<Instant> {
        let at = self.queue.alarm()?;
        if self.armed.is_some_and(|armed| armed <= at) {
            return None;
        }
        self.armed = Some(at);
        Some(at)
    }

    /// A timer went off.
    pub(crate) fn alarmed(&mut self) {
        self.armed = None;
    }

    /// Jobs and timers are lost: what they were about is to be done again.
    pub(crate) fn restart(&mut self, now: Instant) {
        self.queue.restart(now);
        self.armed = None;
        if let Some(check) = &mut self.check {
            check.running = false;
        }
    }

    /// Gives up everything and says how to delete the files; that blocks.
    pub(crate) fn into_deletion(self) -> impl FnOnce() -> Result<(), StorageError> + Send {
        for reply in self.flushers {
            drop(reply.send(Err(StorageError::Closed)));
        }
        let (files, reader) = (self.files, self.reader);
        move || {
            reader.files().close();
            files.delete()
        }
    }

    fn wrote(&mut self, now: Instant, files: BTreeSet<FileIndex>) -> Vec<Tell<T>> {
        let written = self.queue.wrote(now, files).into_iter();
        written
            .flat_map(|(piece, tag)| {
                let event = PieceEvent::Written { piece };
                [Tell::Written(tag, piece), Tell::Torrent(event)]
            })
            .collect()
    }

    fn synced(&mut self) -> Vec<Tell<T>> {
        let pieces = self.queue.synced();
        let news = !pieces.is_empty();
        let synced = Tell::Torrent(PieceEvent::Synced { pieces });
        news.then_some(synced).into_iter().collect()
    }

    fn checked(&mut self, id: u64, looked: &Looked) -> Vec<Tell<T>> {
        let Some(check) = self.check.as_mut().filter(|check| check.id == id) else {
            return Vec::new();
        };
        for piece in &looked.good {
            check.have.set(*piece);
        }
        check.done += looked.pieces;
        check.running = false;
        let (done, total) = (check.done as u32, check.todo.len() as u32);
        let progress = PieceEvent::Checking { done, total };
        let done = self.check_done();
        std::iter::once(Tell::Torrent(progress)).chain(done).collect()
    }

    fn check_done(&mut self) -> Option<Tell<T>> {
        let check = self.check.take_if(|check| check.done >= check.todo.len())?;
        self.reader.files().release();
        Some(Tell::Torrent(PieceEvent::Checked { have: check.have }))
    }

    fn failed(&mut self, error: &StorageError) -> Vec<Tell<T>> {
        let reason = error.to_string();
        for reply in self.flushers.drain(..) {
            drop(reply.send(Err(StorageError::WriteFailed(reason.clone()))));
        }
        let news = !std::mem::replace(&mut self.failing, true);
        let failed = Tell::Torrent(PieceEvent::DiskFailed { reason });
        news.then_some(failed).into_iter().collect()
    }

    fn answer_flushers(&mut self) {
        if self.queue.is_clean() {
            for reply in self.flushers.drain(..) {
                drop(reply.send(Ok(())));
            }
        }
    }
}
