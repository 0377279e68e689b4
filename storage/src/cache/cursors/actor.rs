//! Cursors open, move and close; windows follow.

use actix::{Handler, Message};
use wire::{ByteRange, InfoHash};

use crate::cache::actor::Cache;
use crate::cache::policy::{CursorId, Reach};

/// Where a cursor is; sent on open and on each move worth telling (a piece or a seek), not on each
/// read. Positions are bytes of the torrent.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct Place {
    /// The torrent.
    pub info_hash: InfoHash,
    /// Whose.
    pub cursor: CursorId,
    /// The file it reads.
    pub file: ByteRange,
    /// Next byte it reads.
    pub position: u64,
    /// One past the last byte it will read.
    pub end: u64,
    /// How far ahead it is served.
    pub reach: Reach,
}

/// A cursor is gone, and with it its window.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct CursorClosed {
    /// The torrent.
    pub info_hash: InfoHash,
    /// Whose.
    pub cursor: CursorId,
}

/// Asks for [`crate::event::PieceEvent::Window`] of a torrent that may have missed it.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct TellWindow {
    /// Which.
    pub info_hash: InfoHash,
}

impl Handler<Place> for Cache {
    type Result = ();

    fn handle(&mut self, msg: Place, ctx: &mut Self::Context) {
        let actions = self.state.place(&msg);
        self.perform(actions, ctx);
        self.relieve(ctx);
    }
}

impl Handler<CursorClosed> for Cache {
    type Result = ();

    fn handle(&mut self, msg: CursorClosed, ctx: &mut Self::Context) {
        let actions = self.state.cursor_closed(msg.info_hash, msg.cursor);
        self.perform(actions, ctx);
        self.relieve(ctx);
    }
}

impl Handler<TellWindow> for Cache {
    type Result = ();

    fn handle(&mut self, msg: TellWindow, ctx: &mut Self::Context) {
        let actions = self.state.tell_window(msg.info_hash);
        self.perform(actions, ctx);
    }
}
