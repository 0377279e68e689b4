//! Starts the actors under test, and an actor that collects what they tell.

use std::path::Path;
use std::time::Duration;

use actix::{Actor, Addr, Context, Handler, Recipient};
use storage::cache::actor::{Config, OpenTorrent};
use storage::cache::{Cache, HitCounters};
use storage::catalogue::{Catalogue, Opened};
use storage::disk::Disk;
use storage::disk::actor::Open;
use storage::event::Written;
use storage::reader::ReadLane;
use storage::{Budget, PieceEvent};
use tokio::sync::mpsc;
use tokio::time::timeout;
use wire::Bitfield;

use super::{HASH, Sample};

/// A test may take so long.
const LIMIT: Duration = Duration::from_secs(120);
/// The next event may take so long.
const EVENT: Duration = Duration::from_secs(30);

/// Runs `test` where actors can live.
pub fn run<F: Future>(test: F) -> F::Output {
    let limited = async { timeout(LIMIT, test).await.expect("it waits for what never comes") };
    actix_rt::System::new().block_on(limited)
}

pub fn disk() -> Addr<Disk> {
    Disk::new(4, ReadLane::default()).start()
}

pub fn cache(budget: &Budget, disk: Option<&Addr<Disk>>) -> Addr<Cache> {
    let config = Config {
        budget: budget.clone(),
        ahead_percent: 80,
        disk: disk.map(|d| d.clone().recipient()),
        hits: HitCounters::default(),
        hashers: 2,
    };
    Cache::new(config).start()
}

pub fn catalogue(opened: Opened) -> Addr<Catalogue> {
    Catalogue::new(opened).start()
}

/// Collects events.
pub struct Events {
    pub received: mpsc::UnboundedReceiver<PieceEvent>,
    pub recipient: Recipient<PieceEvent>,
    pub written: Recipient<Written>,
}

impl Events {
    pub fn new() -> Self {
        let (sender, received) = mpsc::unbounded_channel();
        let addr = Collector(sender).start();
        Self { received, recipient: addr.clone().recipient(), written: addr.recipient() }
    }

    /// The sample's files, below `root`.
    pub fn files(&self, sample: &Sample, root: impl AsRef<Path>) -> Open {
        Open {
            info_hash: HASH,
            info: sample.info.clone(),
            root: root.as_ref().into(),
            events: self.recipient.clone(),
        }
    }

    /// The sample in the cache, with `have` on disk.
    pub fn torrent(&self, sample: &Sample, have: Bitfield) -> OpenTorrent {
        let (info, events) = (sample.info.clone(), self.recipient.clone());
        OpenTorrent { info_hash: HASH, info, have, events }
    }

    /// Everything up to the first event that `wanted` accepts, which comes last.
    pub async fn until(&mut self, wanted: impl Fn(&PieceEvent) -> bool) -> Vec<PieceEvent> {
        let mut seen = Vec::new();
        loop {
            match timeout(EVENT, self.received.recv()).await {
                Ok(Some(event)) => seen.push(event),
                _ => panic!("it never came; seen: {seen:?}"),
            }
            if seen.last().is_some_and(&wanted) {
                return seen;
            }
        }
    }
}

struct Collector(mpsc::UnboundedSender<PieceEvent>);

impl Actor for Collector {
    type Context = Context<Self>;
}

impl Handler<PieceEvent> for Collector {
    type Result = ();
    fn handle(&mut self, msg: PieceEvent, _: &mut Self::Context) {
        drop(self.0.send(msg));
    }
}

impl Handler<Written> for Collector {
    type Result = ();
    fn handle(&mut self, _: Written, _: &mut Self::Context) {}
}
