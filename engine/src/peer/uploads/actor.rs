//! Blocks for the peer: read, queued, sent.

use actix::prelude::*;
use bytes::Bytes;
use storage::cache::actor::Read;
use wire::BlockRequest;
use wire::codec::piece_header;
use wire::peer_state::Event;

use crate::peer::actor::PeerSession;
use crate::peer::upload::read_block;
use crate::peer::writer::Outgoing;

/// Blocks read and queued for one peer at once; each further one waits for one to have left.
const UPLOADS_AHEAD: usize = 4;

impl PeerSession {
    /// Reads the next blocks the peer asked for, a few at a time.
    pub(crate) fn pump_uploads(&mut self, ctx: &mut Context<Self>) {
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
}

/// This many blocks have left through the socket.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Flushed(pub(crate) usize);

impl Handler<Flushed> for PeerSession {
    type Result = ();
    fn handle(&mut self, Flushed(blocks): Flushed, ctx: &mut Self::Context) {
        self.uploading = self.uploading.saturating_sub(blocks);
        self.pump_uploads(ctx);
    }
}
