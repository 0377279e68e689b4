//! `PeerSession`: the decisions of one connection. Never restarted; it closes and the swarm may
//! dial again.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use bytes::{Bytes, BytesMut};
use storage::cache::actor::{Cache, Read};
use storage::{BlockPool, Budget, DiskReader};
use tokio::task::JoinHandle;
use wire::codec::{Decoder, encode, piece_header};
use wire::peer_state::{Action, CloseReason, Event, PeerConfig, PeerState};
use wire::{Bitfield, BlockRef, BlockRequest, Geometry, InfoHash};

use super::connect::Connected;
use super::reader::{Batch, Inbound, ReadEnd, read_loop};
use super::traffic::Traffic;
use super::upload::read_block;
use super::writer::{Outbox, Outgoing, outbox, write_loop};
use crate::limits::TorrentLimits;
use crate::picker::PeerKey;
use crate::picker::actor::{BlocksArrived, PeerJoined, PeerSaid, PickerActor, Said};
use crate::swarm::actor::{SessionEnded, SessionSaid, Swarm};
use crate::torrent::actor::Torrent;
use crate::torrent::metadata::actor::MetadataNews;

/// How often a session looks at its clock: keep-alives, silence, late blocks.
const TICK: Duration = Duration::from_secs(10);
/// Blocks read and queued for one peer at once; each further one waits for one to have left.
const UPLOADS_AHEAD: usize = 4;
/// Requests a peer queues that says nothing else (libtorrent's default, `PICKER.md`).
const PLAIN_REQQ: u32 = 250;

/// What a session needs of its torrent.
#[derive(Clone)]
pub(crate) struct SessionSetup {
    pub(crate) info_hash: InfoHash,
    /// `None` until the metadata is known.
    pub(crate) content: Option<SessionContent>,
    pub(crate) io: tokio::runtime::Handle,
    pub(crate) pool: BlockPool,
    pub(crate) budget: Budget,
    pub(crate) cache: Addr<Cache>,
    pub(crate) limits: TorrentLimits,
    pub(crate) swarm: Addr<Swarm>,
    pub(crate) torrent: Addr<Torrent>,
    pub(crate) picker: Option<Addr<PickerActor>>,
    /// Where peers reach us, for those who connected to us from elsewhere (BEP 10 `p`).
    pub(crate) peer_port: u16,
    /// Where our DHT node listens (BEP 5), as far as this torrent may use it; else 0.
    pub(crate) dht_port: u16,
}

/// What a session knows once its torrent's metadata is known.
#[derive(Clone)]
pub(crate) struct SessionContent {
    pub(crate) geometry: Geometry,
    pub(crate) disk: DiskReader,
    /// The `info` dictionary as it is hashed, for peers that ask for it (BEP 9).
    pub(crate) metadata: Bytes,
    /// BEP 27: nobody is told of other peers.
    pub(crate) private: bool,
}

/// One connection.
pub(crate) struct PeerSession {
    pub(crate) key: PeerKey,
    pub(crate) setup: SessionSetup,
    pub(crate) state: PeerState,
    /// It has a DHT node and wants to know of others (BEP 5).
    pub(super) has_dht: bool,
    /// What the peer has, for the picker's rebuild.
    pub(super) have: Bitfield,
    pub(super) address: SocketAddr,
    fast: bool,
    choked: bool,
    socket: Option<Connected>,
    /// Our pieces at the start, for the first message.
    pub(super) ours: Bitfield,
    pub(crate) traffic: Arc<Traffic>,
    outbox: Option<Outbox>,
    /// Control messages of the turn, sent as one chunk.
    pub(super) pending: BytesMut,
    /// Requests of the peer not yet read from memory or disk; bounded by the wire state.
    uploads: VecDeque<BlockRequest>,
    /// Blocks being read or in the outbox.
    uploading: usize,
    tasks: Vec<JoinHandle<()>>,
    actions: Vec<Action>,
    /// Why it ends, for the swarm: text, and whether it is the peer's fault.
    end: (String, bool),
}

impl PeerSession {
    pub(crate) fn new(
        key: PeerKey,
        setup: SessionSetup,
        connected: Connected,
        ours: Bitfield,
        traffic: Arc<Traffic>,
    ) -> Self {
        let extensions = connected.handshake.extensions;
        let fast = extensions.fast;
        let geometry = setup.content.as_ref().map(|content| content.geometry);
        let (extended, now) = (extensions.extended, Instant::now());
        let config = PeerConfig { geometry, fast, extended, now };
        Self {
            key,
            state: PeerState::new(config),
            have: Bitfield::none(geometry.map_or(0, |geometry| geometry.pieces())),
            address: connected.address,
            has_dht: extensions.dht,
            fast,
            choked: true,
            socket: Some(connected),
            ours,
            traffic,
            outbox: None,
            pending: BytesMut::new(),
            uploads: VecDeque::new(),
            uploading: 0,
            tasks: Vec::new(),
            actions: Vec::new(),
            end: ("the session ended".into(), false),
            setup,
        }
    }

    /// Runs one event through the wire state and carries out what it says; blocks it accepts go
    /// into `accepted` with `data`.
    pub(crate) fn feed(&mut self, event: Event<'_>, ctx: &mut Context<Self>) -> Option<BlockRef> {
        let mut actions = std::mem::take(&mut self.actions);
        self.state.handle(Instant::now(), event, &mut actions);
        let mut accepted = None;
        for action in actions.drain(..) {
            match action {
                Action::BlockAccepted(block) => accepted = Some(block),
                action => self.act(action, ctx),
            }
        }
        self.actions = actions;
        accepted
    }

    fn act(&mut self, action: Action, ctx: &mut Context<Self>) {
        match action {
            Action::Send(message) => encode(&message, &mut self.pending),
            Action::PeerHas(piece) => {
                self.have.set(piece);
                self.traffic.set_complete(self.have.is_all());
                self.tell_picker(Said::Has(piece));
            }
            Action::PeerBitfield(have) => {
                self.allow_fast(have.count(), ctx);
                self.has(have);
            }
            Action::PeerHasAll => self.has(Bitfield::all(self.pieces())),
            Action::PeerHasNone => {
                self.allow_fast(0, ctx);
                self.has(Bitfield::none(self.pieces()));
            }
            Action::PeerLost(piece) => {
                self.have.clear(piece);
                self.tell_picker(Said::Bitfield(self.have.clone()));
            }
            Action::PeerChoked(choked) => {
                self.choked = choked;
                self.tell_picker(Said::Choked(choked));
            }
            Action::PeerInterested(interested) => {
                let key = self.key;
                self.setup.swarm.do_send(SessionSaid::Interested { key, interested });
            }
            Action::Rejected(block) => self.tell_picker(Said::Rejected(block)),
            Action::AllowedFast(piece) => self.tell_picker(Said::AllowedFast(piece)),
            Action::Serve(request) => self.uploads.push_back(request),
            Action::DropServe(request) => self.uploads.retain(|queued| *queued != request),
            Action::Close(reason) => {
                self.close(reason.to_string(), reason != CloseReason::Silent, ctx);
            }
            action => self.act_on_extension(action, ctx),
        }
    }

    pub(super) fn pieces(&self) -> u32 {
        self.setup.content.as_ref().map_or(0, |content| content.geometry.pieces())
    }

    fn has(&mut self, have: Bitfield) {
        self.have = have.clone();
        self.traffic.set_complete(have.is_all());
        self.tell_picker(Said::Bitfield(have));
    }

    fn tell_picker(&self, what: Said) {
        if let Some(picker) = &self.setup.picker {
            picker.do_send(PeerSaid { peer: self.key, what });
        }
    }

    pub(crate) fn join_picker(&self, ctx: &mut Context<Self>) {
        let (Some(picker), Some(_)) = (&self.setup.picker, &self.setup.content) else { return };
        let reqq = self.state.introduced().and_then(|theirs| theirs.reqq).unwrap_or(PLAIN_REQQ);
        picker.do_send(PeerJoined {
            peer: self.key,
            session: ctx.address(),
            traffic: self.traffic.clone(),
            fast: self.fast,
            reqq,
            have: self.have.clone(),
            choked: self.choked,
        });
    }

    /// Queues the turn's control messages. A full queue means the peer does not read.
    pub(crate) fn flush(&mut self, ctx: &mut Context<Self>) {
        if !self.pending.is_empty() {
            let bytes = self.pending.split().freeze();
            self.queue(Outgoing::Control(bytes), ctx);
        }
        self.pump_uploads(ctx);
    }

    fn queue(&mut self, outgoing: Outgoing, ctx: &mut Context<Self>) {
        let full = match &self.outbox {
            Some(outbox) => outbox.push(outgoing).is_err(),
            None => false,
        };
        if full {
            self.close("it does not read what it is sent".into(), true, ctx);
        }
    }

    /// Reads the next blocks the peer asked for, a few at a time.
    fn pump_uploads(&mut self, ctx: &mut Context<Self>) {
        while self.uploading < UPLOADS_AHEAD {
            let Some(request) = self.uploads.pop_front() else { return };
            let Some(content) = self.setup.content.clone() else { return };
            self.uploading += 1;
            let (info_hash, piece) = (self.setup.info_hash, request.piece);
            let found = self.setup.cache.send(Read { info_hash, piece, cursor: None });
            let (limits, budget) = (self.setup.limits.clone(), self.setup.budget.clone());
            let reading = async move {
                let found = found.await.ok()?.ok()?;
                read_block(found, request, &content, &limits, &budget).await.ok()
            };
            ctx.spawn(reading.into_actor(self).map(move |block, session, ctx| {
                session.send_block(request, block, ctx);
            }));
        }
    }

    fn send_block(
        &mut self,
        req: BlockRequest,
        block: Option<Vec<Bytes>>,
        ctx: &mut Context<Self>,
    ) {
        let Some(runs) = block else {
            self.uploading -= 1;
            self.feed(Event::CannotServe(req), ctx);
            return self.flush(ctx);
        };
        let header = piece_header(req.piece, req.begin, req.length).to_vec().into();
        self.queue(Outgoing::Block { header, runs }, ctx);
        self.feed(Event::Served(req), ctx);
    }

    pub(crate) fn close(&mut self, why: String, fault: bool, ctx: &mut Context<Self>) {
        if self.outbox.take().is_some() || self.socket.take().is_some() {
            self.end = (why, fault);
        }
        ctx.stop();
    }

    /// Splits the socket into its two tasks on the io runtime.
    fn run_socket(&mut self, connected: Connected, addr: Addr<Self>) {
        let (outbox, queue) = outbox();
        self.outbox = Some(outbox);
        let (pool, traffic) = (self.setup.pool.clone(), self.traffic.clone());
        let geometry = self.setup.content.as_ref().map(|content| content.geometry);
        let decoder = Decoder::new(geometry.map(|geometry| geometry.pieces()));
        let reader = addr.clone();
        let (read_limits, write_limits) = (self.setup.limits.clone(), self.setup.limits.clone());
        let io = self.setup.io.clone();
        let _entered = io.enter();
        let (read, write) = connected.stream.into_split();
        self.tasks.push(io.spawn(async move {
            let deliver = |batch| reader.do_send(Received(batch));
            let end = read_loop(read, decoder, pool, read_limits, traffic, deliver).await;
            reader.do_send(SocketEnded(end));
        }));
        let traffic = self.traffic.clone();
        self.tasks.push(io.spawn(async move {
            let flushed = |blocks| addr.do_send(Flushed(blocks));
            if let Err(error) = write_loop(write, queue, write_limits, traffic, flushed).await {
                addr.do_send(SocketEnded(ReadEnd::Io(error)));
            }
        }));
    }
}

impl Actor for PeerSession {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        fail::fail_point!("peer::started");
        ctx.spawn(
            async {
                fail::fail_point!("peer::future");
            }
            .into_actor(self),
        );
        ctx.run_interval(TICK, |session, ctx| {
            session.feed(Event::Tick, ctx);
            session.flush(ctx);
        });
        if let Some(connected) = self.socket.take() {
            self.run_socket(connected, ctx.address());
        }
        let ours = self.ours.clone();
        self.feed(Event::OurBitfield(&ours), ctx);
        self.introduce(ctx);
        self.join_picker(ctx);
        self.flush(ctx);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.tell_picker(Said::Left);
        self.tell_metadata(MetadataNews::Left);
        let (reason, fault) = std::mem::take(&mut self.end);
        self.setup.swarm.do_send(SessionEnded { key: self.key, reason, fault });
    }
}

impl Drop for PeerSession {
    /// The socket's tasks end with the session, however it ended.
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Supervised for PeerSession {}

/// One read of the socket. Bounded by the reader's credits.
#[derive(Message)]
#[rtype(result = "()")]
struct Received(Batch);

impl Handler<Received> for PeerSession {
    type Result = ();
    fn handle(&mut self, Received(batch): Received, ctx: &mut Self::Context) {
        fail::fail_point!("peer::handler");
        let mut blocks = Vec::with_capacity(batch.items.len());
        for item in batch.items {
            match item {
                Inbound::Message(message) => drop(self.feed(Event::Message(message), ctx)),
                Inbound::Block { piece, begin, data } => {
                    let length = data.len() as u32;
                    if let Some(block) = self.feed(Event::Block { piece, begin, length }, ctx) {
                        blocks.push((block, data));
                    }
                }
            }
        }
        if let (false, Some(picker)) = (blocks.is_empty(), &self.setup.picker) {
            picker.do_send(BlocksArrived { peer: self.key, blocks, received: batch.received });
        }
        self.flush(ctx);
    }
}

/// The socket's reading or writing is over.
#[derive(Message)]
#[rtype(result = "()")]
struct SocketEnded(ReadEnd);

impl Handler<SocketEnded> for PeerSession {
    type Result = ();
    fn handle(&mut self, SocketEnded(end): SocketEnded, ctx: &mut Self::Context) {
        let fault = matches!(end, ReadEnd::Protocol(_));
        self.close(end.to_string(), fault, ctx);
    }
}

/// This many blocks have left through the socket.
#[derive(Message)]
#[rtype(result = "()")]
struct Flushed(usize);

impl Handler<Flushed> for PeerSession {
    type Result = ();
    fn handle(&mut self, Flushed(blocks): Flushed, ctx: &mut Self::Context) {
        self.uploading = self.uploading.saturating_sub(blocks);
        self.pump_uploads(ctx);
    }
}
