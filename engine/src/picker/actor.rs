//! The actor around the picker: it owns the blocks of unfinished pieces and speaks to sessions.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use bytes::Bytes;
use storage::assembly::{Assembly, Put};
use storage::budget::{Budget, Claim};
use storage::cache::actor::{Advance, Cache, Complete, Reclaim};
use wire::{Bitfield, BlockRef, ByteRange, Geometry, InfoHash, PieceIndex};

use super::liars::Suspects;
use super::{
    Action, ActivePiece, CursorId, CursorState, Event, PeerEstimate, PeerKey, Picker, PickerConfig,
    PieceMemory, Stall,
};
use crate::peer::actor::PeerSession;
use crate::peer::orders::actor::{CancelBlocks, RequestBlocks, SetInterest, WaitedOn};
use crate::peer::traffic::Traffic;
use crate::torrent::accounts::actor::Waited;
use crate::torrent::actor::Torrent;
use crate::torrent::run::actor::PickerRestarted;

/// How often the picker looks at its clock while anything is in flight.
const TICK: Duration = Duration::from_millis(50);

/// Schedules one torrent's requests. Rebuilt from the piece bitmap and a re-announce by each
/// session after a panic.
pub(crate) struct PickerActor {
    pub(super) setup: PickerSetup,
    pub(super) picker: Picker,
    pub(super) memory: Memory,
    pub(super) suspects: Suspects,
    sessions: HashMap<PeerKey, Session>,
    /// What is verified, kept to rebuild the picker from.
    pub(super) have: Bitfield,
    /// Bytes of piece memory a cursor may have ahead of it.
    pub(super) ahead: u64,
    /// Cursors and their files, as long as nobody has looked where the file's index is.
    pub(super) unknown: Vec<(CursorId, ByteRange)>,
    /// Reused for every event, so that scheduling allocates nothing of its own.
    actions: Vec<Action>,
    /// The running tick, while the picker wants one.
    tick: Option<SpawnHandle>,
}

/// What a picker needs to begin.
pub(crate) struct PickerSetup {
    /// The torrent.
    pub(crate) info_hash: InfoHash,
    /// Its pieces and blocks.
    pub(crate) geometry: Geometry,
    /// The process's piece memory.
    pub(crate) budget: Budget,
    /// Where complete pieces go.
    pub(crate) cache: Addr<Cache>,
    /// Who restores cursors and sessions after a restart.
    pub(crate) torrent: Addr<Torrent>,
    /// Breaks ties among equally rare pieces.
    pub(crate) seed: u64,
}

/// A connection as the picker speaks to it.
struct Session {
    addr: Addr<PeerSession>,
    /// Where the picker leaves what the peer showed, for whoever deals with it next.
    traffic: Arc<Traffic>,
}

/// The unfinished pieces, each with its room from the budget.
pub(super) struct Memory {
    geometry: Geometry,
    budget: Budget,
    assemblies: HashMap<PieceIndex, Assembly>,
}

impl PieceMemory for Memory {
    fn reserve(&mut self, piece: PieceIndex, len: u32, claim: Claim) -> bool {
        if self.assemblies.contains_key(&piece) {
            return true;
        }
        let Some(room) = self.budget.try_reserve_piece(len, claim) else { return false };
        self.assemblies.insert(piece, Assembly::new(piece, self.geometry, room));
        true
    }

    fn release(&mut self, piece: PieceIndex) {
        self.assemblies.remove(&piece);
    }
}

impl PickerActor {
    /// A picker for a torrent of which `have` is verified.
    pub(crate) fn new(setup: PickerSetup, have: Bitfield, ahead: u64) -> Self {
        let config = PickerConfig::default();
        let picker = Picker::new(setup.geometry, &have, config, setup.seed, Instant::now());
        let memory = Memory {
            geometry: setup.geometry,
            budget: setup.budget.clone(),
            assemblies: HashMap::new(),
        };
        let (sessions, actions) = (HashMap::new(), Vec::new());
        let suspects = Suspects::default();
        let (unknown, tick) = (Vec::new(), None);
        Self { setup, picker, memory, suspects, sessions, have, ahead, unknown, actions, tick }
    }

    pub(super) fn feed(&mut self, event: Event<'_>, ctx: &mut Context<Self>) {
        let mut actions = std::mem::take(&mut self.actions);
        self.picker.handle(Instant::now(), event, &mut self.memory, &mut actions);
        for action in actions.drain(..) {
            self.act(action);
        }
        self.actions = actions;
        self.set_tick(ctx);
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Request { peer, blocks } => self.tell(peer, RequestBlocks(blocks)),
            Action::Cancel { peer, blocks } => self.tell(peer, CancelBlocks(blocks)),
            Action::Interested { peer, interested } => self.tell(peer, SetInterest(interested)),
            Action::BlockingOn { peer, quickack } => self.tell(peer, WaitedOn(quickack)),
            Action::Waited { cursor, stall } => {
                self.setup.torrent.do_send(Waited { cursor, stall });
            }
            Action::PieceDropped { piece } => self.memory.release(piece),
            Action::NeedMemory { bytes, claim } => {
                let info_hash = self.setup.info_hash;
                self.setup.cache.do_send(Reclaim { info_hash, bytes, claim });
            }
            _ => {}
        }
    }

    pub(super) fn tell<M>(&self, peer: PeerKey, message: M)
    where
        M: Message + Send + 'static,
        M::Result: Send,
        PeerSession: Handler<M>,
    {
        if let Some(session) = self.sessions.get(&peer) {
            session.addr.do_send(message);
        }
    }

    /// Ticks only while the picker wants it: an idle torrent has no timer.
    fn set_tick(&mut self, ctx: &mut Context<Self>) {
        match (self.picker.wants_tick(), self.tick.take()) {
            (true, None) => {
                let ticks = ctx.run_interval(TICK, |picker, ctx| {
                    picker.feed(Event::Tick, ctx);
                    picker.note_performances();
                });
                self.tick = Some(ticks);
            }
            (false, Some(tick)) => drop(ctx.cancel_future(tick)),
            (_, tick) => self.tick = tick,
        }
    }

    fn note_performances(&self) {
        for (peer, session) in &self.sessions {
            if let Some(shown) = self.picker.performance(*peer) {
                session.traffic.note_performance(shown);
            }
        }
    }

    /// Stores a block; a piece it completes goes to be hashed, the prefix of a big one before.
    fn store(&mut self, block: BlockRef, data: Bytes) {
        let Some(assembly) = self.memory.assemblies.get_mut(&block.piece) else { return };
        if assembly.put(block, data) != Put::Filled {
            return;
        }
        if let Some(run) = assembly.next_run() {
            self.setup.cache.do_send(Advance(run));
        }
        if !assembly.is_full() {
            return;
        }
        let Some(assembly) = self.memory.assemblies.remove(&block.piece) else { return };
        if let Ok(candidate) = assembly.into_candidate() {
            let info_hash = self.setup.info_hash;
            self.setup.cache.do_send(Complete { info_hash, candidate });
        }
    }
}

impl Actor for PickerActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        fail::fail_point!("picker::started");
        ctx.spawn(
            async {
                fail::fail_point!("picker::future");
            }
            .into_actor(self),
        );
        let ahead = self.ahead;
        self.feed(Event::Window { ahead }, ctx);
    }
}

impl Supervised for PickerActor {
    fn restarting(&mut self, _: &mut Self::Context) {
        let now = Instant::now();
        let config = PickerConfig::default();
        let (geometry, seed) = (self.setup.geometry, self.setup.seed);
        self.picker = Picker::new(geometry, &self.have, config, seed, now);
        self.memory.assemblies.clear();
        self.sessions.clear();
        self.unknown.clear();
        self.actions = Vec::new();
        self.tick = None;
        self.setup.torrent.do_send(PickerRestarted);
    }
}

/// A session exists (again): everything the picker must know of it.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct PeerJoined {
    pub(crate) peer: PeerKey,
    pub(crate) session: Addr<PeerSession>,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) fast: bool,
    pub(crate) reqq: u32,
    pub(crate) have: Bitfield,
    pub(crate) choked: bool,
}

impl Handler<PeerJoined> for PickerActor {
    type Result = ();
    fn handle(&mut self, joined: PeerJoined, ctx: &mut Self::Context) {
        let PeerJoined { peer, session: addr, traffic, fast, reqq, have, choked } = joined;
        let prospect = traffic.prospect();
        self.sessions.insert(peer, Session { addr, traffic });
        self.feed(Event::PeerJoined { peer, fast, reqq, prospect }, ctx);
        self.feed(Event::PeerBitfield { peer, have: &have }, ctx);
        if !choked {
            self.feed(Event::Unchoked { peer }, ctx);
        }
    }
}

/// What a peer said that concerns scheduling.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct PeerSaid {
    pub(crate) peer: PeerKey,
    pub(crate) what: Said,
}

/// The part of a peer's messages the picker cares for.
pub(crate) enum Said {
    Bitfield(Bitfield),
    Has(PieceIndex),
    Choked(bool),
    AllowedFast(PieceIndex),
    Rejected(BlockRef),
    Left,
}

impl Handler<PeerSaid> for PickerActor {
    type Result = ();
    fn handle(&mut self, said: PeerSaid, ctx: &mut Self::Context) {
        let peer = said.peer;
        match said.what {
            Said::Bitfield(have) => self.feed(Event::PeerBitfield { peer, have: &have }, ctx),
            Said::Has(piece) => self.feed(Event::PeerHas { peer, piece }, ctx),
            Said::Choked(true) => self.feed(Event::Choked { peer }, ctx),
            Said::Choked(false) => self.feed(Event::Unchoked { peer }, ctx),
            Said::AllowedFast(piece) => self.feed(Event::AllowedFast { peer, piece }, ctx),
            Said::Rejected(block) => self.feed(Event::Rejected { peer, block }, ctx),
            Said::Left => {
                self.sessions.remove(&peer);
                self.feed(Event::PeerLeft { peer }, ctx);
            }
        }
    }
}

/// One read of a peer's socket brought these blocks. Bounded by the session's read credits.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct BlocksArrived {
    pub(crate) peer: PeerKey,
    pub(crate) blocks: Vec<(BlockRef, Bytes)>,
    /// Payload bytes of the read.
    pub(crate) received: u64,
}

impl Handler<BlocksArrived> for PickerActor {
    type Result = ();
    fn handle(&mut self, arrived: BlocksArrived, ctx: &mut Self::Context) {
        fail::fail_point!("picker::handler");
        let BlocksArrived { peer, blocks, received } = arrived;
        let refs: Vec<BlockRef> = blocks.iter().map(|(block, _)| *block).collect();
        for (block, data) in blocks {
            self.look_into(block, &data, ctx);
            self.store(block, data);
        }
        self.feed(Event::BlocksArrived { peer, blocks: &refs, received }, ctx);
    }
}

/// What the picker tells of itself.
#[derive(Message)]
#[rtype(result = "PickerView")]
pub(crate) struct View;

/// What each cursor waits for.
#[derive(MessageResponse, Default)]
pub(crate) struct PickerView {
    pub(crate) cursors: Vec<CursorState>,
}

impl Handler<View> for PickerActor {
    type Result = PickerView;
    fn handle(&mut self, _: View, _: &mut Self::Context) -> PickerView {
        PickerView { cursors: self.picker.cursors() }
    }
}

/// All that the picker knows, for whoever looks inside.
#[derive(Message)]
#[rtype(result = "PickerDetail")]
pub(crate) struct Detail;

/// See [`Detail`].
#[derive(MessageResponse, Default)]
pub(crate) struct PickerDetail {
    pub(crate) cursors: Vec<CursorState>,
    /// The waits that last.
    pub(crate) waits: Vec<(CursorId, Stall)>,
    /// Unfinished pieces, and when each is expected.
    pub(crate) active: Vec<(ActivePiece, Option<Duration>)>,
    pub(crate) peers: Vec<PeerEstimate>,
}

impl Handler<Detail> for PickerActor {
    type Result = PickerDetail;
    fn handle(&mut self, _: Detail, _: &mut Self::Context) -> PickerDetail {
        let (now, picker) = (Instant::now(), &mut self.picker);
        let active = picker.active_pieces().into_iter();
        PickerDetail {
            cursors: picker.cursors(),
            waits: picker.waits(now),
            active: active
                .map(|active| {
                    let eta = picker.eta(active.piece, now);
                    (active, eta)
                })
                .collect(),
            peers: picker.peers(now),
        }
    }
}

/// The torrent is complete, paused or removed.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Stop;

impl Handler<Stop> for PickerActor {
    type Result = ();
    fn handle(&mut self, _: Stop, ctx: &mut Self::Context) {
        ctx.stop();
    }
}
