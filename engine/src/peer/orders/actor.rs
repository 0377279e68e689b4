//! What picker and swarm tell a session to do.

use actix::prelude::*;
use wire::extension::PexMessage;
use wire::peer_state::Event;
use wire::{Bitfield, BlockRef, PieceIndex};

use crate::peer::actor::{PeerSession, SessionContent};
use crate::picker::actor::PickerActor;
use crate::swarm::actor::SessionSaid;

/// From the picker: ask for these blocks.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct RequestBlocks(pub(crate) Vec<BlockRef>);

impl Handler<RequestBlocks> for PeerSession {
    type Result = ();
    fn handle(&mut self, RequestBlocks(blocks): RequestBlocks, ctx: &mut Self::Context) {
        self.feed(Event::Request(&blocks), ctx);
        self.flush(ctx);
    }
}

/// From the picker: take these requests back.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct CancelBlocks(pub(crate) Vec<BlockRef>);

impl Handler<CancelBlocks> for PeerSession {
    type Result = ();
    fn handle(&mut self, CancelBlocks(blocks): CancelBlocks, ctx: &mut Self::Context) {
        self.feed(Event::Cancel(&blocks), ctx);
        self.flush(ctx);
    }
}

/// From the picker: whether the peer has anything for us.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct SetInterest(pub(crate) bool);

impl Handler<SetInterest> for PeerSession {
    type Result = ();
    fn handle(&mut self, SetInterest(interested): SetInterest, ctx: &mut Self::Context) {
        self.traffic.set_interesting(interested);
        self.feed(Event::Interested(interested), ctx);
        self.flush(ctx);
    }
}

/// From the picker: this peer sent wrong bytes.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Lied;

impl Handler<Lied> for PeerSession {
    type Result = ();
    fn handle(&mut self, _: Lied, ctx: &mut Self::Context) {
        self.setup.swarm.do_send(SessionSaid::Lied { key: self.key });
        self.close("it sent wrong bytes".into(), true, ctx);
    }
}

/// From the picker: a cursor waits on this peer, or no longer does.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct WaitedOn(pub(crate) bool);

impl Handler<WaitedOn> for PeerSession {
    type Result = ();
    fn handle(&mut self, WaitedOn(waited): WaitedOn, _: &mut Self::Context) {
        self.traffic.set_waited_on(waited);
    }
}

/// From the torrent: ask for this piece of the metadata (BEP 9).
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct AskMetadata(pub(crate) u32);

impl Handler<AskMetadata> for PeerSession {
    type Result = ();
    fn handle(&mut self, AskMetadata(piece): AskMetadata, ctx: &mut Self::Context) {
        self.feed(Event::RequestMetadata(piece), ctx);
        self.flush(ctx);
    }
}

/// From the swarm.
#[derive(Message, Clone)]
#[rtype(result = "()")]
pub(crate) enum SwarmSaid {
    /// Serve this peer, or don't.
    Choke(bool),
    /// We verified a piece.
    Have(PieceIndex),
    /// We have a piece no longer (BEP 54).
    Lost(PieceIndex),
    /// The metadata is known, and what we have of the pieces.
    Content(Box<SessionContent>, Bitfield),
    /// Say again whether the peer has the metadata.
    OfferMetadata,
    /// Tell the peer of other peers (BEP 11).
    Pex(PexMessage),
    /// Close the connection.
    Close(String),
    /// There is a picker (again), or none any more.
    Picker(Option<Addr<PickerActor>>),
}

impl Handler<SwarmSaid> for PeerSession {
    type Result = ();
    fn handle(&mut self, said: SwarmSaid, ctx: &mut Self::Context) {
        match said {
            SwarmSaid::Choke(choke) => drop(self.feed(Event::Choke(choke), ctx)),
            SwarmSaid::Have(piece) => drop(self.feed(Event::Have(piece), ctx)),
            SwarmSaid::Lost(piece) => drop(self.feed(Event::Lost(piece), ctx)),
            SwarmSaid::Content(content, have) => self.content_known(*content, &have, ctx),
            SwarmSaid::OfferMetadata => self.offer_metadata(ctx),
            SwarmSaid::Pex(message) => drop(self.feed(Event::Pex(&message), ctx)),
            SwarmSaid::Close(why) => self.close(why, false, ctx),
            SwarmSaid::Picker(picker) => self.change_picker(picker, ctx),
        }
        self.flush(ctx);
    }
}

impl PeerSession {
    /// From now on the peer's pieces mean something, and it may ask for ours.
    fn content_known(&mut self, content: SessionContent, have: &Bitfield, ctx: &mut Context<Self>) {
        let geometry = content.geometry;
        self.setup.content = Some(content);
        self.have = Bitfield::none(geometry.pieces());
        self.feed(Event::Geometry(geometry), ctx);
        self.introduce(ctx);
        self.feed(Event::OurBitfield(have), ctx);
        self.join_picker(ctx);
    }

    /// A picker that knows nothing of our requests must not find them in its way.
    fn change_picker(&mut self, picker: Option<Addr<PickerActor>>, ctx: &mut Context<Self>) {
        let outstanding: Vec<BlockRef> = self.state.outstanding().collect();
        self.feed(Event::Cancel(&outstanding), ctx);
        self.setup.picker = picker;
        if self.setup.picker.is_none() {
            self.traffic.set_interesting(false);
            self.feed(Event::Interested(false), ctx);
        }
        self.join_picker(ctx);
    }
}
