//! `Catalogue`: torrents, resume data and settings in redb, one transaction at a time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{
    Actor, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, ResponseFuture,
    Supervised,
};
use bytes::Bytes;
use redb::Database;
use tokio::sync::oneshot;
use wire::{Bitfield, InfoHash};

use crate::catalogue::batch::{self, Change, Resume};
use crate::catalogue::open::Opened;
use crate::catalogue::playback::{self, Watched};
use crate::catalogue::record::{StoredTorrent, TorrentRecord};
use crate::catalogue::tables;
use crate::error::StorageError;

/// The catalogue: one for the process.
///
/// While a transaction is being committed on a blocking thread, changes gather; they make up the
/// next one. Bounded: whoever sends a change waits for it, metadata comes once a torrent, and resume
/// data is one entry a torrent.
pub struct Catalogue {
    database: Arc<Database>,
    /// Changes for the next transaction, and who waits for it.
    changes: Vec<Change>,
    waiting: Vec<Reply>,
    /// Resume data for the next transaction.
    resume: Resume,
    /// A transaction is under way.
    busy: bool,
    /// A timer will write what nobody waits for.
    armed: bool,
}

/// How others speak to it.
pub type CatalogueAddr = Addr<Catalogue>;

type Reply = oneshot::Sender<Result<(), StorageError>>;
type Durable = ResponseFuture<Result<(), StorageError>>;

impl Catalogue {
    /// What nobody waits for is written within so long.
    pub const LATER: Duration = Duration::from_secs(2);

    /// Over an open database, which survives restarts of the actor.
    pub fn new(opened: Opened) -> Self {
        Self {
            database: opened.database,
            changes: Vec::new(),
            waiting: Vec::new(),
            resume: Resume::new(),
            busy: false,
            armed: false,
        }
    }

    /// Resolves when all that is known now, `change` included, is durable.
    fn commit(&mut self, change: Option<Change>, ctx: &mut Context<Self>) -> Durable {
        let (reply, durable) = oneshot::channel();
        self.changes.extend(change);
        self.waiting.push(reply);
        self.pump(ctx);
        Box::pin(async move { durable.await.unwrap_or(Err(StorageError::Restarted)) })
    }

    /// Begins the next transaction, unless one is under way or nobody waits for one.
    fn pump(&mut self, ctx: &mut Context<Self>) {
        if self.busy || self.waiting.is_empty() {
            return;
        }
        self.busy = true;
        let database = Arc::clone(&self.database);
        let changes = std::mem::take(&mut self.changes);
        let waiting = std::mem::take(&mut self.waiting);
        // Kept until it is durable: a newer one may take its place meanwhile.
        let resume = self.resume.clone();
        let written = async move {
            fail::fail_point!("catalogue::future");
            blocking(move || batch::write(&database, &changes, &resume).map(|()| resume)).await
        };
        ctx.spawn(wrap_future(written).map(|result, catalogue: &mut Self, ctx| {
            catalogue.busy = false;
            catalogue.settle(result, waiting);
            catalogue.pump(ctx);
        }));
    }

    /// A transaction is over: tells who waited for it.
    fn settle(&mut self, result: Result<Resume, StorageError>, waiting: Vec<Reply>) {
        if let Ok(written) = &result {
            self.resume.retain(|info_hash, have| written.get(info_hash) != Some(have));
        }
        for reply in waiting {
            let outcome = match &result {
                Ok(_) => Ok(()),
                Err(error) => Err(StorageError::Catalogue(error.to_string())),
            };
            drop(reply.send(outcome));
        }
    }

    /// Writes what nobody waits for a little later, together with whatever comes by then.
    fn arm(&mut self, ctx: &mut Context<Self>) {
        if self.armed || (self.resume.is_empty() && self.changes.is_empty()) {
            return;
        }
        self.armed = true;
        ctx.run_later(Self::LATER, |catalogue, ctx| {
            catalogue.armed = false;
            let flushed = catalogue.commit(None, ctx);
            ctx.spawn(wrap_future(flushed).map(|result, catalogue: &mut Self, ctx| {
                if let Err(error) = result {
                    tracing::warn!(%error, "not saved: resume data is tried again");
                }
                catalogue.arm(ctx);
            }));
        });
    }
}

async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, redb::Error> + Send + 'static,
) -> Result<T, StorageError> {
    match tokio::task::spawn_blocking(job).await {
        Ok(result) => result.map_err(|error| StorageError::Catalogue(error.to_string())),
        Err(_) => Err(StorageError::Restarted),
    }
}

impl Actor for Catalogue {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        fail::fail_point!("catalogue::started");
        self.arm(ctx);
    }
}

impl Supervised for Catalogue {
    /// Changes whose senders waited go: the senders are told by their reply closing. Resume data
    /// stays, since each entry is whole or not there.
    fn restarting(&mut self, _: &mut Self::Context) {
        self.changes.clear();
        self.waiting.clear();
        self.busy = false;
        self.armed = false;
    }
}

/// Saves what is known of a torrent; answered when it is durable.
#[derive(Message, Clone, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct Save {
    /// Replaces the record of the same info hash.
    pub record: TorrentRecord,
    /// The .torrent file's bytes, with a new torrent; `None` leaves them.
    pub metainfo: Option<Bytes>,
}

/// Saves the metadata that the swarm gave for a torrent. It may be lost in the first two seconds,
/// since it can be had again; nothing is answered.
#[derive(Message, Clone, Debug)]
#[rtype(result = "()")]
pub struct SaveMetadata {
    /// As in [`Save`].
    pub record: TorrentRecord,
    /// The .torrent file's bytes.
    pub metainfo: Bytes,
}

/// Saves which pieces are on disk for good: only such as were in a
/// [`crate::PieceEvent::Synced`]. Written within two seconds, the latest wins; nothing is
/// answered. Bounded: one a torrent.
#[derive(Message, Clone, Debug)]
#[rtype(result = "()")]
pub struct SaveResume {
    /// The torrent.
    pub info_hash: InfoHash,
    /// Its pieces.
    pub have: Bitfield,
}

/// Forgets a torrent; answered when that is durable.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct Remove {
    /// Which.
    pub info_hash: InfoHash,
}

/// Every torrent, in the order they were added.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<Vec<StoredTorrent>, StorageError>")]
pub struct LoadAll;

/// Saves one setting; answered when it is durable.
#[derive(Message, Clone, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct PutSetting {
    /// Its name.
    pub key: String,
    /// Its value; `None` forgets it.
    pub value: Option<serde_json::Value>,
}

/// Every setting.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<BTreeMap<String, serde_json::Value>, StorageError>")]
pub struct LoadSettings;

/// Saves how far somebody watched; answered when it is durable.
#[derive(Message, Clone, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct SaveWatched(pub Watched);

/// Forgets all that anybody watched; answered when that is durable.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct ForgetWatched;

/// How far a listed file was watched, by whoever watched it last.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<Option<Watched>, StorageError>")]
pub struct LoadPosition {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The listed file's number.
    pub file: u32,
}

/// All that was watched, the latest first; at most [`playback::MAX_WATCHED`] rows.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<Vec<Watched>, StorageError>")]
pub struct LoadHistory;

/// Writes at once what [`SaveResume`] left for later; answered when it is durable.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct FlushResume;

impl Handler<Save> for Catalogue {
    type Result = Durable;

    fn handle(&mut self, msg: Save, ctx: &mut Self::Context) -> Durable {
        fail::fail_point!("catalogue::handler");
        self.commit(Some(Change::Save(Box::new(msg.record), msg.metainfo)), ctx)
    }
}

impl Handler<SaveMetadata> for Catalogue {
    type Result = ();

    fn handle(&mut self, msg: SaveMetadata, ctx: &mut Self::Context) {
        self.changes.push(Change::Save(Box::new(msg.record), Some(msg.metainfo)));
        self.arm(ctx);
    }
}

impl Handler<SaveResume> for Catalogue {
    type Result = ();

    fn handle(&mut self, msg: SaveResume, ctx: &mut Self::Context) {
        self.resume.insert(msg.info_hash, msg.have);
        self.arm(ctx);
    }
}

impl Handler<Remove> for Catalogue {
    type Result = Durable;

    fn handle(&mut self, msg: Remove, ctx: &mut Self::Context) -> Durable {
        self.resume.remove(&msg.info_hash);
        self.commit(Some(Change::Remove(msg.info_hash)), ctx)
    }
}

impl Handler<PutSetting> for Catalogue {
    type Result = Durable;

    fn handle(&mut self, msg: PutSetting, ctx: &mut Self::Context) -> Durable {
        self.commit(Some(Change::Setting(msg.key, msg.value)), ctx)
    }
}

impl Handler<SaveWatched> for Catalogue {
    type Result = Durable;

    fn handle(&mut self, SaveWatched(row): SaveWatched, ctx: &mut Self::Context) -> Durable {
        self.commit(Some(Change::Watched(Box::new(row))), ctx)
    }
}

impl Handler<ForgetWatched> for Catalogue {
    type Result = Durable;

    fn handle(&mut self, _: ForgetWatched, ctx: &mut Self::Context) -> Durable {
        self.commit(Some(Change::ForgetWatched), ctx)
    }
}

impl Handler<LoadPosition> for Catalogue {
    type Result = ResponseFuture<Result<Option<Watched>, StorageError>>;

    fn handle(&mut self, msg: LoadPosition, _: &mut Self::Context) -> Self::Result {
        let database = Arc::clone(&self.database);
        Box::pin(blocking(move || playback::position(&database, msg.info_hash, msg.file)))
    }
}

impl Handler<LoadHistory> for Catalogue {
    type Result = ResponseFuture<Result<Vec<Watched>, StorageError>>;

    fn handle(&mut self, _: LoadHistory, _: &mut Self::Context) -> Self::Result {
        let database = Arc::clone(&self.database);
        Box::pin(blocking(move || playback::history(&database)))
    }
}

impl Handler<FlushResume> for Catalogue {
    type Result = Durable;

    fn handle(&mut self, _: FlushResume, ctx: &mut Self::Context) -> Durable {
        self.commit(None, ctx)
    }
}

impl Handler<LoadAll> for Catalogue {
    type Result = ResponseFuture<Result<Vec<StoredTorrent>, StorageError>>;

    fn handle(&mut self, _: LoadAll, _: &mut Self::Context) -> Self::Result {
        let database = Arc::clone(&self.database);
        Box::pin(blocking(move || tables::load_torrents(&database)))
    }
}

impl Handler<LoadSettings> for Catalogue {
    type Result = ResponseFuture<Result<BTreeMap<String, serde_json::Value>, StorageError>>;

    fn handle(&mut self, _: LoadSettings, _: &mut Self::Context) -> Self::Result {
        let database = Arc::clone(&self.database);
        Box::pin(blocking(move || tables::load_settings(&database)))
    }
}
