//! Rate limits: of the process and of each torrent, both ways.
//!
//! | file | concept |
//! | --- | --- |
//! | `share` | who gets how much of what there is (water filling) |
//! | `bucket` | what a rate has let through and what it lets through now |
//! | `schedule` | who waits, and whom a tick serves: pure |
//! | `task` | the one task that ticks, only while somebody waits |
//!
//! A reader pays after it has read and hands on what it read first, so a limit delays no byte that
//! is here already; a writer pays before a block goes. A limit that is not set costs one relaxed
//! atomic load.
//!
//! Streams to viewers come before uploads. They pass no queue of this module; requests and cancels
//! for them pass the blocks that wait to be sent to the same peer; of the reads from disk that may
//! go on at once ([`storage::reader::ReadLane`]) uploads have at most [`UPLOAD_READS`], so that a
//! stream's read never stands behind a row of them; and a peer has at most four blocks in memory
//! that wait to be sent; what of them was read from disk is charged to [`storage::Budget`].

mod bucket;
mod schedule;
mod share;
mod task;

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};

pub use share::share;
use task::Command;

/// Bytes a second; none is no limit.
pub type Rate = Option<NonZeroU64>;

/// A read under a limit takes at most this part of a second's bytes: 50 ms.
const READS_A_SECOND: u64 = 20;
/// But not less than a block: smaller reads only cost more.
const LEAST_READ: u64 = 16 * 1024;

/// Reads from disk for uploads at once, in the whole process: half of what may go on at once.
pub const UPLOAD_READS: usize = 2;

/// Which way bytes go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Direction {
    Down,
    Up,
}

/// The process's limits. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bounded by those who wait: each connection has at most one wait each way in it; the rest are
    /// an operator's changes.
    commands: mpsc::UnboundedSender<Command>,
    next_key: Arc<AtomicU64>,
    global: Arc<Rates>,
    upload_reads: Arc<Semaphore>,
}

/// One torrent's limits. Cheap to clone; when the last clone goes, the torrent is forgotten and
/// whoever still waits goes on.
#[derive(Clone, Debug)]
pub struct TorrentLimits(Arc<Member>);

#[derive(Debug)]
struct Member {
    key: u64,
    commands: mpsc::UnboundedSender<Command>,
    rates: Arc<Rates>,
    upload_reads: Arc<Semaphore>,
}

/// The smallest limit that binds, bytes a second each way; 0 is none. Written by the task.
#[derive(Debug, Default)]
struct Rates {
    down: AtomicU64,
    up: AtomicU64,
}

impl Rates {
    fn of(&self, direction: Direction) -> &AtomicU64 {
        match direction {
            Direction::Down => &self.down,
            Direction::Up => &self.up,
        }
    }

    fn set(&self, down: Rate, up: Rate) {
        self.down.store(down.map_or(0, NonZeroU64::get), Relaxed);
        self.up.store(up.map_or(0, NonZeroU64::get), Relaxed);
    }
}

impl Limits {
    /// No limits yet. The task that keeps them runs on `io` and sleeps while nobody waits.
    pub fn new(io: &tokio::runtime::Handle) -> Self {
        let (commands, orders) = mpsc::unbounded_channel();
        io.spawn(task::run(orders));
        let upload_reads = Arc::new(Semaphore::new(UPLOAD_READS));
        Self { commands, next_key: Arc::default(), global: Arc::default(), upload_reads }
    }

    /// Sets what the whole process may receive and send, payload and protocol.
    pub fn set_global(&self, down: Rate, up: Rate) {
        self.global.set(down, up);
        self.send(Command::Global { down, up });
    }

    /// What the whole process may send.
    pub fn global_upload(&self) -> Rate {
        NonZeroU64::new(self.global.up.load(Relaxed))
    }

    /// A torrent of its own, without limits but the process's.
    pub fn torrent(&self) -> TorrentLimits {
        let key = self.next_key.fetch_add(1, Relaxed);
        let rates = Arc::new(Rates::default());
        for direction in [Direction::Down, Direction::Up] {
            rates.of(direction).store(self.global.of(direction).load(Relaxed), Relaxed);
        }
        self.send(Command::Join { key, rates: rates.clone() });
        let (commands, upload_reads) = (self.commands.clone(), self.upload_reads.clone());
        TorrentLimits(Arc::new(Member { key, commands, rates, upload_reads }))
    }

    /// The task ends only with the runtime: nobody is left to be limited then.
    fn send(&self, command: Command) {
        let _ = self.commands.send(command);
    }
}

impl TorrentLimits {
    /// Sets what this torrent may receive and send; the process's limits hold as well.
    pub fn set(&self, down: Rate, up: Rate) {
        let _ = self.0.commands.send(Command::Torrent { key: self.0.key, down, up });
    }

    /// Pays for bytes that came: returns when the next may be read.
    pub async fn download(&self, bytes: u64) {
        self.pay(Direction::Down, bytes).await;
    }

    /// Pays for bytes that are to go: returns when they may. Dropping it while it waits gives the
    /// place in the queue back.
    pub async fn upload(&self, bytes: u64) {
        self.pay(Direction::Up, bytes).await;
    }

    /// Waits for the turn to read a block for an upload from disk; held while it is read. `None`
    /// never comes while the engine lives.
    pub async fn upload_read(&self) -> Option<SemaphorePermit<'_>> {
        self.0.upload_reads.acquire().await.ok()
    }

    /// The smallest limit that binds what this torrent sends.
    pub fn upload_rate(&self) -> Rate {
        NonZeroU64::new(self.0.rates.up.load(Relaxed))
    }

    /// How much to read at once, so that a limited connection reads little and often; `None` while
    /// no limit is set.
    pub fn read_size(&self) -> Option<usize> {
        let rate = NonZeroU64::new(self.0.rates.down.load(Relaxed))?;
        Some((rate.get() / READS_A_SECOND).max(LEAST_READ) as usize)
    }

    async fn pay(&self, direction: Direction, bytes: u64) {
        if self.0.rates.of(direction).load(Relaxed) == 0 || bytes == 0 {
            return;
        }
        let (done, paid) = oneshot::channel();
        let wait = Command::Wait { key: self.0.key, direction, bytes, done };
        if self.0.commands.send(wait).is_ok() {
            // An error means that the torrent or the task is gone: nothing is left to wait for.
            let _ = paid.await;
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.commands.send(Command::Forget { key: self.key });
    }
}
