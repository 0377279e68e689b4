//! `Disk`: the files of every torrent, written behind, checked and deleted on blocking threads.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use actix::fut::wrap_future;
use actix::{
    Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, Recipient, ResponseFuture,
    Supervised, WrapFuture,
};
use tokio::sync::Semaphore;
use wire::{Bitfield, Info, InfoHash};

use crate::disk::torrent::{Job, Outcome, Tell, Torrent};
use crate::disk::usage::{self, DiskUsage};
use crate::error::StorageError;
use crate::event::{PieceEvent, Written};
use crate::piece::Piece;
use crate::reader::{DiskReader, ReadLane};

/// The files of every open torrent: one for the process.
///
/// Each torrent has one write, one sync and one check under way at most, so what happens to its
/// files happens in order; torrents don't wait for one another beyond `jobs`. Everything survives a
/// restart: see [`crate::disk::queue`] for why that is safe. The mailbox is bounded by its senders:
/// a piece to write brings its reservation, everything else is awaited.
pub struct Disk {
    torrents: HashMap<InfoHash, Registered>,
    /// Number of the next [`Registered`].
    next: u64,
    /// Permits for blocking threads.
    jobs: Arc<Semaphore>,
    /// Shared by all readers it hands out.
    lane: ReadLane,
}

/// An open torrent.
struct Registered {
    /// Tells it from one opened again under the same info hash.
    id: u64,
    torrent: Torrent<Recipient<Written>>,
    events: Recipient<PieceEvent>,
}

impl Disk {
    /// At most `jobs` writes, syncs and checks at a time, beside the reads of `lane`.
    pub fn new(jobs: usize, lane: ReadLane) -> Self {
        Self {
            torrents: HashMap::new(),
            next: 0,
            jobs: Arc::new(Semaphore::new(jobs.max(1))),
            lane,
        }
    }

    /// Starts whatever a torrent has to do next.
    fn pump(&mut self, info_hash: InfoHash, ctx: &mut Context<Self>) {
        let Some(Registered { id, torrent, .. }) = self.torrents.get_mut(&info_hash) else {
            return;
        };
        let (id, now) = (*id, Instant::now());
        while let Some(job) = torrent.next_job(now) {
            let permits = Arc::clone(&self.jobs);
            let done = async move {
                fail::fail_point!("disk::future");
                let _permit = permits.acquire_owned().await;
                run(job).await
            };
            ctx.spawn(wrap_future(done).map(move |outcome, disk: &mut Self, ctx| {
                disk.finish(info_hash, id, outcome, ctx);
            }));
        }
        if let Some(at) = torrent.alarm() {
            ctx.run_later(at.saturating_duration_since(now), move |disk, ctx| {
                if let Some(known) = disk.torrents.get_mut(&info_hash) {
                    known.torrent.alarmed();
                    disk.pump(info_hash, ctx);
                }
            });
        }
    }

    /// Takes in what came of a job of the torrent registered as `id`.
    fn finish(&mut self, info_hash: InfoHash, id: u64, outcome: Outcome, ctx: &mut Context<Self>) {
        let known = self.torrents.get_mut(&info_hash);
        if let Some(known) = known.filter(|known| known.id == id) {
            let told = known.torrent.finish(outcome, Instant::now());
            known.tell(info_hash, told);
            self.pump(info_hash, ctx);
        }
    }
}

impl Registered {
    fn tell(&self, info_hash: InfoHash, told: Vec<Tell<Recipient<Written>>>) {
        for tell in told {
            match tell {
                Tell::Torrent(event) => self.events.do_send(event),
                Tell::Written(whom, piece) => whom.do_send(Written { info_hash, piece }),
            }
        }
    }
}

/// Does `job` on a blocking thread.
async fn run(job: Job) -> Outcome {
    let lost = job.lost();
    let done = tokio::task::spawn_blocking(move || job.run()).await;
    done.unwrap_or(lost)
}

impl Actor for Disk {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        fail::fail_point!("disk::started");
        let open: Vec<_> = self.torrents.keys().copied().collect();
        for info_hash in open {
            self.pump(info_hash, ctx);
        }
    }
}

impl Supervised for Disk {
    fn restarting(&mut self, _: &mut Self::Context) {
        for known in self.torrents.values_mut() {
            known.torrent.restart(Instant::now());
        }
    }
}

/// Registers a torrent below the folder `root`; nothing is created or read. Answers with what reads
/// its files.
#[derive(Message)]
#[rtype(result = "Result<DiskReader, StorageError>")]
pub struct Open {
    /// Which.
    pub info_hash: InfoHash,
    /// Files, geometry, hashes.
    pub info: Arc<Info>,
    /// The download folder; may itself be reached through symlinks, nothing below it may.
    pub root: PathBuf,
    /// Hears of writes, syncs, checks.
    pub events: Recipient<PieceEvent>,
}

/// The torrent is about to be downloaded: makes the root folder and its files of no length.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct Prepare {
    /// Which.
    pub info_hash: InfoHash,
}

/// Hashes what is on disk of `pieces`; [`PieceEvent::Checking`] tells of progress,
/// [`PieceEvent::Checked`] of the end. A second check of a torrent replaces the first.
#[derive(Message, Clone, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct Check {
    /// Which.
    pub info_hash: InfoHash,
    /// The pieces to look at.
    pub pieces: Bitfield,
}

/// Writes a piece when its turn comes. The queue is bounded by the budget: each piece in it brings
/// its reservation.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Write {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The piece.
    pub piece: Arc<Piece>,
    /// Hears when it is in its files; the torrent hears [`PieceEvent::Written`] too.
    pub done: Recipient<Written>,
}

/// Writes and syncs all that is queued of a torrent; answers when done, or with the error that
/// stands in the way.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct Flush {
    /// Which.
    pub info_hash: InfoHash,
}

/// [`Flush`], then forgets the torrent. What could not be written is dropped and told.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct Close {
    /// Which.
    pub info_hash: InfoHash,
}

/// Forgets the torrent, what is queued of it too, and deletes its files and the folders they leave
/// empty: nothing else. Unknown torrents give [`StorageError::NoSuchTorrent`].
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct Delete {
    /// Which.
    pub info_hash: InfoHash,
}

/// What the disk is doing and how full it is.
#[derive(Message, Clone, Debug)]
#[rtype(result = "Result<DiskUsage, StorageError>")]
pub struct Usage {
    /// Where downloads go: a folder, there or not.
    pub root: PathBuf,
}

impl Handler<Open> for Disk {
    type Result = Result<DiskReader, StorageError>;

    fn handle(&mut self, msg: Open, _: &mut Self::Context) -> Self::Result {
        self.next += 1;
        let torrent = Torrent::new(msg.info, msg.root, self.lane.clone());
        let reader = torrent.reader();
        let known = Registered { id: self.next, torrent, events: msg.events };
        self.torrents.insert(msg.info_hash, known);
        Ok(reader)
    }
}

impl Handler<Prepare> for Disk {
    type Result = ResponseFuture<Result<(), StorageError>>;

    fn handle(&mut self, msg: Prepare, _: &mut Self::Context) -> Self::Result {
        let files = self.torrents.get(&msg.info_hash).map(|t| t.torrent.files());
        Box::pin(async move {
            let files = files.ok_or(StorageError::NoSuchTorrent(msg.info_hash))?;
            blocking(move || files.prepare()).await
        })
    }
}

impl Handler<Check> for Disk {
    type Result = Result<(), StorageError>;

    fn handle(&mut self, msg: Check, ctx: &mut Self::Context) -> Self::Result {
        let known = self.torrents.get_mut(&msg.info_hash);
        let known = known.ok_or(StorageError::NoSuchTorrent(msg.info_hash))?;
        let told = known.torrent.check(&msg.pieces);
        known.tell(msg.info_hash, told);
        self.pump(msg.info_hash, ctx);
        Ok(())
    }
}

impl Handler<Write> for Disk {
    type Result = ();

    fn handle(&mut self, msg: Write, ctx: &mut Self::Context) {
        fail::fail_point!("disk::handler");
        match self.torrents.get_mut(&msg.info_hash) {
            Some(known) => known.torrent.write(msg.piece, msg.done),
            None => tracing::warn!(info_hash = %msg.info_hash, "a piece of a torrent not open"),
        }
        self.pump(msg.info_hash, ctx);
    }
}

impl Handler<Flush> for Disk {
    type Result = ResponseFuture<Result<(), StorageError>>;

    fn handle(&mut self, msg: Flush, ctx: &mut Self::Context) -> Self::Result {
        let Some(known) = self.torrents.get_mut(&msg.info_hash) else {
            return Box::pin(async move { Err(StorageError::NoSuchTorrent(msg.info_hash)) });
        };
        let flushed = known.torrent.flush();
        self.pump(msg.info_hash, ctx);
        Box::pin(async move { flushed.await.unwrap_or(Err(StorageError::Restarted)) })
    }
}

impl Handler<Close> for Disk {
    type Result = actix::ResponseActFuture<Self, Result<(), StorageError>>;

    fn handle(&mut self, msg: Close, ctx: &mut Self::Context) -> Self::Result {
        let info_hash = msg.info_hash;
        let registered = self.torrents.get(&info_hash).map(|known| known.id);
        let flushed = self.handle(Flush { info_hash }, ctx);
        Box::pin(flushed.into_actor(self).map(move |result, disk, _| {
            // Unless it was opened again meanwhile.
            if disk.torrents.get(&info_hash).map(|known| known.id) == registered {
                disk.torrents.remove(&info_hash);
            }
            result
        }))
    }
}

impl Handler<Delete> for Disk {
    type Result = ResponseFuture<Result<(), StorageError>>;

    fn handle(&mut self, msg: Delete, _: &mut Self::Context) -> Self::Result {
        let known = self.torrents.remove(&msg.info_hash);
        let deletion = known.map(|known| known.torrent.into_deletion());
        Box::pin(async move {
            let deletion = deletion.ok_or(StorageError::NoSuchTorrent(msg.info_hash))?;
            blocking(deletion).await
        })
    }
}

impl Handler<Usage> for Disk {
    type Result = ResponseFuture<Result<DiskUsage, StorageError>>;

    fn handle(&mut self, Usage { root }: Usage, _: &mut Self::Context) -> Self::Result {
        let queued = self.torrents.values().map(|t| t.torrent.queued()).sum();
        let open = self.torrents.iter();
        let files: Vec<_> = open.map(|(info_hash, t)| (*info_hash, t.torrent.files())).collect();
        Box::pin(blocking(move || Ok(usage::measure(queued, &files, &root))))
    }
}

async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    let done = tokio::task::spawn_blocking(job).await;
    done.unwrap_or(Err(StorageError::Restarted))
}
