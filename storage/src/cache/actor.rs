//! `Cache`: pieces in memory, readers that wait for them, hashing off the actor's thread.

use std::collections::HashMap;
use std::sync::Arc;

use actix::{
    Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, MessageResult, Recipient,
    Supervised, WrapFuture,
};
use wire::{Bitfield, Info, InfoHash, PieceIndex};

use crate::assembly::Candidate;
use crate::budget::{Budget, Claim};
use crate::cache::found::{Answer, CacheStats, Found};
use crate::cache::hashers::Hashers;
use crate::cache::hits::HitCounters;
use crate::cache::policy::{Backing, CursorId};
use crate::cache::reply::actor::{Forget, ReadReply};
use crate::cache::state::{Action, CacheState};
use crate::disk::actor::Write;
use crate::error::StorageError;
use crate::event::{PieceEvent, Written};
use crate::prefix::Run;
use crate::verify::verify;

/// Pieces in memory: one for the process.
///
/// What is kept and dropped is decided by [`CacheState`]; here it is tied to messages, to the disk
/// and to blocking threads. Its own mailbox is bounded by its senders: a candidate brings its
/// reservation, a read is awaited, a cursor is placed once per piece a stream reads.
pub struct Cache {
    pub(super) state: CacheState,
    budget: Budget,
    /// Whom to tell about each torrent.
    events: HashMap<InfoHash, Recipient<PieceEvent>>,
    /// Where verified pieces go; without it nothing is ever written (memory-only mode).
    disk: Option<Recipient<Write>>,
    /// What streams read where.
    hits: HitCounters,
    hashers: Hashers,
    /// A future is waiting for bytes to come back.
    watching: bool,
}

/// What a [`Cache`] works with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The process's piece memory.
    pub budget: Budget,
    /// Percent of a cursor's share that goes ahead of it.
    pub ahead_percent: u8,
    /// Where verified pieces go; without it nothing is ever written (memory-only mode).
    pub disk: Option<Recipient<Write>>,
    /// Counted by the streams, told with [`Stats`].
    pub hits: HitCounters,
    /// Pieces hashed at the same time; the number of cores is right.
    pub hashers: usize,
}

impl Cache {
    /// An empty cache.
    pub fn new(config: Config) -> Self {
        let Config { budget, ahead_percent, disk, hits, hashers } = config;
        let backing = match disk {
            Some(_) => Backing::Disk,
            None => Backing::Memory,
        };
        Self {
            state: CacheState::new(budget.clone(), backing, ahead_percent),
            budget,
            events: HashMap::new(),
            disk,
            hits,
            hashers: Hashers::new(hashers),
            watching: false,
        }
    }

    pub(super) fn perform(&mut self, actions: Vec<Action>, ctx: &mut Context<Self>) {
        for action in actions {
            match action {
                Action::Tell(info_hash, event) => {
                    if let Some(events) = self.events.get(&info_hash) {
                        events.do_send(event);
                    }
                }
                Action::Write(info_hash, piece) => {
                    if let Some(disk) = &self.disk {
                        let done = ctx.address().recipient();
                        disk.do_send(Write { info_hash, piece, done });
                    }
                }
            }
        }
        self.watch(ctx);
    }

    /// Something may have become droppable: of interest while somebody wants room.
    pub(super) fn relieve(&mut self, ctx: &mut Context<Self>) {
        if self.state.is_pressed() {
            let actions = self.state.relieve();
            self.perform(actions, ctx);
        }
    }

    /// While somebody wants room, waits for bytes to come back.
    fn watch(&mut self, ctx: &mut Context<Self>) {
        if self.watching || !self.state.is_asked() {
            return;
        }
        self.watching = true;
        let budget = self.budget.clone();
        let freed = async move { budget.freed().await }.into_actor(self);
        ctx.spawn(freed.map(|(), cache, ctx| {
            cache.watching = false;
            let actions = cache.state.room();
            cache.perform(actions, ctx);
        }));
    }
}

impl Actor for Cache {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        fail::fail_point!("cache::started");
    }
}

impl Supervised for Cache {
    fn restarting(&mut self, ctx: &mut Self::Context) {
        self.watching = false;
        let actions = self.state.restart();
        self.perform(actions, ctx);
    }
}

/// Registers a torrent, or replaces what was registered of it: readers that wait are kept and
/// woken if their piece is in `have`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct OpenTorrent {
    /// Which.
    pub info_hash: InfoHash,
    /// Hashes and geometry.
    pub info: Arc<Info>,
    /// Pieces known to be on disk and verified.
    pub have: Bitfield,
    /// Hears of the torrent's pieces.
    pub events: Recipient<PieceEvent>,
}

/// Forgets a torrent: its pieces leave memory, its readers get [`StorageError::Closed`].
#[derive(Message)]
#[rtype(result = "()")]
pub struct CloseTorrent {
    /// Which.
    pub info_hash: InfoHash,
}

/// A full piece: hashed on a blocking thread, then [`PieceEvent::Verified`] or
/// [`PieceEvent::Failed`]. Bounded by the budget: each candidate brings its reservation.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Complete {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The piece.
    pub candidate: Candidate,
}

/// Blocks of a big piece that is not full yet: hashed on a blocking thread, which the piece hears
/// of itself. Bounded by the unfinished pieces: each has one run out at a time.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Advance(pub Run);

/// The budget was resized, or this percentage of a cursor's share goes ahead of it from now on:
/// windows follow at once.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct Configure {
    /// Percent.
    pub ahead_percent: u8,
}

/// Asks for a piece; for a cursor answered when it is verified, be it now or in an hour. A request
/// that is dropped before frees its place. Bounded by the number of streams: each waits for one
/// piece.
///
/// Errors: [`StorageError::NotHere`] for who is no cursor, [`StorageError::NoSuchTorrent`], [`StorageError::OutOfRange`],
/// [`StorageError::Closed`]; [`StorageError::Restarted`] means: ask again.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<Found, StorageError>")]
pub struct Read {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The piece.
    pub piece: PieceIndex,
    /// On whose behalf; `None` for uploads, which don't wait.
    pub cursor: Option<CursorId>,
}

/// The sender could not reserve a piece of `bytes`: pieces that are safe to drop go now, and the
/// sender hears [`PieceEvent::Room`] once when there is room, at once if there already is.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct Reclaim {
    /// The torrent that asks.
    pub info_hash: InfoHash,
    /// How many bytes it wants.
    pub bytes: u64,
    /// How far it may go for them.
    pub claim: Claim,
}

/// Asks for the bytes in memory that the window of each of a torrent's cursors holds.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Vec<(CursorId, u64)>")]
pub struct Held {
    /// Which.
    pub info_hash: InfoHash,
}

/// What the cache holds and how well it does.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "CacheStats")]
pub struct Stats;

impl Message for PieceEvent {
    type Result = ();
}

impl Message for Written {
    type Result = ();
}

impl Handler<OpenTorrent> for Cache {
    type Result = ();

    fn handle(&mut self, msg: OpenTorrent, ctx: &mut Self::Context) {
        self.events.insert(msg.info_hash, msg.events);
        let actions = self.state.open(msg.info_hash, msg.info, msg.have);
        self.perform(actions, ctx);
    }
}

impl Handler<CloseTorrent> for Cache {
    type Result = ();

    fn handle(&mut self, msg: CloseTorrent, ctx: &mut Self::Context) {
        let actions = self.state.close(msg.info_hash);
        self.events.remove(&msg.info_hash);
        self.perform(actions, ctx);
    }
}

impl Handler<Complete> for Cache {
    type Result = ();

    fn handle(&mut self, msg: Complete, ctx: &mut Self::Context) {
        fail::fail_point!("cache::handler");
        let (info_hash, piece) = (msg.info_hash, msg.candidate.piece());
        let Some(expected) = self.state.expected(info_hash, piece) else {
            return;
        };
        let hashers = self.hashers.clone();
        let hashed = async move {
            fail::fail_point!("cache::future");
            let candidate = msg.candidate.settled().await;
            // A hash that panicked blames nobody: no digests.
            let verified = hashers.run(move || verify(candidate, &expected)).await;
            verified.unwrap_or_else(|| Err(Vec::new()))
        };
        ctx.spawn(hashed.into_actor(self).map(move |result, cache, ctx| {
            let actions = cache.state.hashed(info_hash, piece, result);
            cache.perform(actions, ctx);
            cache.relieve(ctx);
        }));
    }
}

impl Handler<Advance> for Cache {
    type Result = ();

    fn handle(&mut self, Advance(run): Advance, _: &mut Self::Context) {
        let hashers = self.hashers.clone();
        // Not in the context: a restart must not lose the state of a piece that is fine.
        tokio::spawn(async move { hashers.run(|| run.hash()).await });
    }
}

impl Handler<Written> for Cache {
    type Result = ();

    fn handle(&mut self, msg: Written, ctx: &mut Self::Context) {
        self.state.written(msg.info_hash, msg.piece);
        self.relieve(ctx);
    }
}

impl Handler<Configure> for Cache {
    type Result = ();

    fn handle(&mut self, msg: Configure, ctx: &mut Self::Context) {
        let actions = self.state.configure(msg.ahead_percent);
        self.perform(actions, ctx);
    }
}

impl Handler<Read> for Cache {
    type Result = ReadReply;

    fn handle(&mut self, msg: Read, ctx: &mut Self::Context) -> ReadReply {
        let answer = self.state.read(msg.info_hash, msg.piece, msg.cursor);
        self.relieve(ctx);
        match answer {
            Answer::Now(result) => ReadReply::Now(result),
            Answer::Later(waiter, receiver) => {
                let (info_hash, piece) = (msg.info_hash, msg.piece);
                ReadReply::Later(receiver, ctx.address(), Forget { info_hash, piece, waiter })
            }
        }
    }
}

impl Handler<Forget> for Cache {
    type Result = ();

    fn handle(&mut self, msg: Forget, _: &mut Self::Context) {
        self.state.forget(msg.info_hash, msg.piece, msg.waiter);
    }
}

impl Handler<Reclaim> for Cache {
    type Result = ();

    fn handle(&mut self, msg: Reclaim, ctx: &mut Self::Context) {
        let actions = self.state.reclaim(msg.info_hash, msg.bytes, msg.claim);
        self.perform(actions, ctx);
    }
}

impl Handler<Held> for Cache {
    type Result = MessageResult<Held>;

    fn handle(&mut self, msg: Held, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.state.held(msg.info_hash))
    }
}

impl Handler<Stats> for Cache {
    type Result = MessageResult<Stats>;

    fn handle(&mut self, _: Stats, _: &mut Self::Context) -> Self::Result {
        MessageResult(CacheStats { hits: self.hits.now(), ..self.state.stats() })
    }
}
