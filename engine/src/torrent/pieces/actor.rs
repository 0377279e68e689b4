//! What cache and disk tell a torrent of its pieces.

use actix::prelude::*;
use storage::PieceEvent;
use tracker::actor::Completed;
use wire::PieceIndex;

use crate::picker::news::actor::PieceNews;
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
            PieceEvent::Evicted { piece } => self.lost(piece),
            PieceEvent::Room => self.tell_picker(PieceNews::Room),
            PieceEvent::CacheRestarted => self.cache_restarted(),
            PieceEvent::Written { piece } => {
                self.written.set(piece);
                self.verified(piece);
            }
            PieceEvent::Synced { pieces } => {
                for piece in pieces {
                    self.synced.set(piece);
                }
                self.save_resume();
            }
            PieceEvent::Checking { done, total } => self.checking = Some((done, total)),
            PieceEvent::Checked { have } => self.checked(&have, ctx),
            PieceEvent::DiskFailed { reason } => self.failure = Some(reason),
            PieceEvent::DiskRecovered => self.failure = None,
            _ => {}
        }
    }
}

impl Torrent {
    fn verified(&mut self, piece: PieceIndex) {
        if !self.progress.verified(piece) {
            return;
        }
        self.tell_picker(PieceNews::Verified(piece));
        if let Some(swarm) = &self.swarm {
            swarm.do_send(TorrentSaid::Verified(piece));
        }
        if self.progress.complete() && self.record.completed_at.is_none() {
            self.completed();
        }
        if self.progress.have().is_all() {
            self.set_picker(None);
        }
    }

    fn completed(&mut self) {
        tracing::info!(info_hash = %self.info_hash(), name = self.record.name, "complete");
        self.record.completed_at = Some(crate::handle::unix_now());
        if let Some(tracker) = &self.tracker {
            tracker.do_send(Completed);
        }
        self.save_record();
    }

    pub(crate) fn lost(&mut self, piece: PieceIndex) {
        if !self.progress.lost(piece) {
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
        let have: Vec<PieceIndex> = self.progress.have().iter().collect();
        for piece in have {
            if !self.written.get(piece) {
                self.lost(piece);
            }
        }
        self.tell_picker(PieceNews::CacheRestarted);
    }
}
