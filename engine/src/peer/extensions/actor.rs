//! What a session says and hears beyond BEP 3: who we are (BEP 10), metadata (BEP 9), other peers
//! (BEP 11).

use std::net::IpAddr;

use actix::prelude::*;
use bytes::Bytes;
use wire::codec::encode;
use wire::extension::{ExtensionHandshake, METADATA_PIECE_LEN};
use wire::peer_state::{Action, Event};
use wire::{Message, allowed_fast};

use crate::peer::actor::PeerSession;
use crate::swarm::actor::SessionSaid;
use crate::torrent::metadata::actor::{MetadataNews, MetadataSaid};

/// Pieces granted to a peer that has fewer (BEP 6 suggests ten).
const FAST_PIECES: usize = 10;

impl PeerSession {
    /// Tells the peer who we are and what we speak; once more when the metadata becomes known.
    pub(crate) fn introduce(&mut self, ctx: &mut Context<Self>) {
        let content = self.setup.content.as_ref();
        let private = content.is_some_and(|content| content.private);
        let mut ours = ExtensionHandshake {
            metadata_size: content.and_then(|content| u32::try_from(content.metadata.len()).ok()),
            port: Some(self.setup.peer_port).filter(|port| *port != 0),
            your_ip: Some(self.address.ip()),
            ..ExtensionHandshake::ours()
        };
        if private {
            ours.ut_pex = None;
        }
        self.feed(Event::Introduce(&ours), ctx);
        if self.has_dht && self.setup.dht_port != 0 {
            encode(&Message::Port(self.setup.dht_port), &mut self.pending);
        }
        if self.setup.content.is_none() {
            // Whatever the peer has, we lack it: asking to be unchoked now saves a round trip.
            self.feed(Event::Interested(true), ctx);
        }
    }

    pub(crate) fn act_on_extension(&mut self, action: Action, ctx: &mut Context<Self>) {
        match action {
            Action::Introduced(theirs) => self.introduced(theirs, ctx),
            Action::MetadataRequested(piece) => self.serve_metadata(piece, ctx),
            Action::MetadataPiece { piece, total_size, data } => {
                self.tell_metadata(MetadataNews::Piece { piece, total_size, data });
            }
            Action::MetadataRejected(piece) => self.tell_metadata(MetadataNews::Rejected(piece)),
            Action::Peers(message) => {
                self.setup.swarm.do_send(SessionSaid::Pex { key: self.key, message });
            }
            Action::DhtPort(port) => {
                self.setup.swarm.do_send(SessionSaid::DhtPort { key: self.key, port });
            }
            _ => {}
        }
    }

    fn introduced(&mut self, theirs: ExtensionHandshake, ctx: &mut Context<Self>) {
        self.setup.swarm.do_send(SessionSaid::Introduced { key: self.key, handshake: theirs });
        self.offer_metadata(ctx);
        self.join_picker(ctx);
    }

    /// Tells the torrent that this peer has the metadata, if it does.
    pub(crate) fn offer_metadata(&mut self, ctx: &mut Context<Self>) {
        let theirs = self.state.introduced();
        let size = theirs.and_then(|theirs| theirs.ut_metadata.and(theirs.metadata_size));
        // Of size 0 where it has none, or none any more: such a peer is not asked.
        self.tell_metadata(MetadataNews::Offered(size.unwrap_or(0), ctx.address()));
    }

    /// Only while the metadata is missing: later nobody listens.
    pub(crate) fn tell_metadata(&self, what: MetadataNews) {
        if self.setup.content.is_none() {
            self.setup.torrent.do_send(MetadataSaid { key: self.key, what });
        }
    }

    /// A peer with next to nothing may have a few pieces though we choke it, so that it has
    /// something to trade (BEP 6): those of its canonical set that we had when it came.
    pub(crate) fn allow_fast(&mut self, theirs: u32, ctx: &mut Context<Self>) {
        let (IpAddr::V4(ip), true) = (self.address.ip(), theirs < FAST_PIECES as u32) else {
            return;
        };
        let granted = allowed_fast::set(self.setup.info_hash, ip, self.pieces(), FAST_PIECES);
        for piece in granted.into_iter().filter(|piece| self.ours.get(*piece)).collect::<Vec<_>>() {
            self.feed(Event::AllowFast(piece), ctx);
        }
    }

    fn serve_metadata(&mut self, piece: u32, ctx: &mut Context<Self>) {
        let metadata = self.setup.content.as_ref().map(|content| content.metadata.clone());
        match metadata.as_ref().and_then(|metadata| metadata_piece(metadata, piece)) {
            Some((total_size, data)) => {
                self.feed(Event::Metadata { piece, total_size, data }, ctx);
            }
            None => drop(self.feed(Event::RejectMetadata(piece), ctx)),
        }
    }
}

/// One piece of the metadata, and the size of all of it; `None` past its end.
fn metadata_piece(metadata: &Bytes, piece: u32) -> Option<(u32, Bytes)> {
    let total = u32::try_from(metadata.len()).ok()?;
    let start = piece.checked_mul(METADATA_PIECE_LEN)?;
    let end = total.min(start.checked_add(METADATA_PIECE_LEN)?);
    (start < end).then(|| (total, metadata.slice(start as usize..end as usize)))
}
