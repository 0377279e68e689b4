//! What cache and disk tell a torrent of its pieces.

use actix::prelude::*;
use storage::PieceEvent;
use tracker::actor::Completed;
use wire::PieceIndex;

use crate::picker::news::actor::{CursorNews, PieceNews};
use crate::swarm::orders::actor::TorrentSaid;
use crate::torrent::actor::Torrent;

impl Handler<PieceEvent> for Torrent {
    type Result = ();
    fn handle(&mut self, event: PieceEvent, ctx: &mut Self::Context) {
        fail::fail_point!("torrent::handler");
        match event {
            PieceEvent::Verified { piece } => self.verified(piece),
            PieceEvent::Failed { piece, blocks } => {
                self.tell_picker(PieceNews::Failed(piece, blocks));
            }
            PieceEvent::Evicted { piece } => self.evicted(piece, ctx),
            PieceEvent::Window { ahead } => {
                self.ahead = ahead;
                self.tell_cursor(CursorNews::Window { ahead });
            }
            PieceEvent::Room => self.tell_picker(PieceNews::Room),
            PieceEvent::CacheRestarted => self.cache_restarted(),
            PieceEvent::Written { piece } => {
                if let Some(content) = &mut self.content {
                    content.written.set(piece);
                }
                self.verified(piece);
            }
            PieceEvent::Synced { pieces } => self.synced(&pieces),
            PieceEvent::Checking { done, total } => {
                if let Some(content) = &mut self.content {
                    content.checking = Some((done, total));
                }
            }
            PieceEvent::Checked { have } => self.checked(&have, ctx),
            PieceEvent::DiskFailed { reason } => self.failure = Some(reason),
            PieceEvent::DiskRecovered => {
                self.failure = None;
                self.run(ctx);
            }
            _ => {}
        }
    }
}

impl Torrent {
    fn synced(&mut self, pieces: &[PieceIndex]) {
        if let Some(content) = &mut self.content {
            for piece in pieces {
                content.synced.set(*piece);
            }
        }
        self.save_resume();
    }

    fn verified(&mut self, piece: PieceIndex) {
        let Some(content) = &mut self.content else { return };
        if !content.progress.verified(piece) {
            return;
        }
        let whole = content.progress.have().is_all();
        self.tell_picker(PieceNews::Verified(piece));
        if let Some(swarm) = &self.swarm {
            swarm.do_send(TorrentSaid::Verified(piece));
        }
        if self.has_files() && self.is_complete() && self.record.completed_at.is_none() {
            self.completed();
        }
        if whole {
            self.set_picker(None);
        }
    }

    fn completed(&mut self) {
        tracing::info!(info_hash = %self.info_hash, name = self.record.name, "complete");
        self.record.completed_at = Some(crate::handle::unix_now());
        self.tell_hunger();
        if let Some(tracker) = &self.tracker {
            tracker.do_send(Completed);
        }
        self.save_record();
    }

    /// A piece that was in memory alone is gone: whoever reads it has it fetched again.
    fn evicted(&mut self, piece: PieceIndex, ctx: &mut Context<Self>) {
        self.lost(piece);
        if self.picker.is_none() {
            self.run(ctx);
        }
    }

    pub(crate) fn lost(&mut self, piece: PieceIndex) {
        if !self.content.as_mut().is_some_and(|content| content.progress.lost(piece)) {
            return;
        }
        self.tell_picker(PieceNews::Lost(piece));
        if let Some(swarm) = &self.swarm {
            swarm.do_send(TorrentSaid::Lost(piece));
        }
    }

    pub(crate) fn tell_picker(&self, news: PieceNews) {
        if let Some(picker) = &self.picker {
            picker.do_send(news);
        }
    }

    /// Pieces that were in memory alone are gone.
    fn cache_restarted(&mut self) {
        let Some(content) = &self.content else { return };
        let unwritten = content.progress.have().iter().filter(|piece| !content.written.get(*piece));
        for piece in unwritten.collect::<Vec<_>>() {
            self.lost(piece);
        }
        self.tell_picker(PieceNews::CacheRestarted);
    }
}
