//! What a torrent keeps on disk, and whether it may go to make room.

use std::path::PathBuf;
use std::time::Duration;

use actix::prelude::*;

use crate::engine::cleanup::Kept;
use crate::handle::unix_now;
use crate::torrent::actor::Torrent;

/// Reads within so many seconds are one, to spare the catalogue.
const WATCHED_AGAIN: u64 = 60;
/// A commit keeps a core busy for milliseconds, which the first byte is in need of.
const SAVED_AFTER: Duration = Duration::from_secs(2);

/// What it keeps below this folder; `None` when its files lie elsewhere: those are not ours to
/// remove. The bytes are left at 0: the disk knows them.
#[derive(Message)]
#[rtype(result = "Option<Kept>")]
pub(crate) struct Keeping(pub(crate) PathBuf);

impl Handler<Keeping> for Torrent {
    type Result = Option<Kept>;
    fn handle(&mut self, Keeping(root): Keeping, _: &mut Self::Context) -> Self::Result {
        let content = self.content.as_ref()?;
        let record = &self.record;
        let used_at = record.watched_at.max(record.completed_at).unwrap_or(record.added_at);
        (record.save_path == root && self.has_files()).then(|| Kept {
            info_hash: self.info_hash,
            files: content.progress.complete_files(),
            bytes: 0,
            used_at,
            finished: self.may_retire(),
        })
    }
}

/// Makes way, unless somebody has come to need it: whoever opens it from now on is turned away.
/// Answers whether it does; its removal is to follow.
#[derive(Message)]
#[rtype(result = "bool")]
pub(crate) struct Retire;

impl Handler<Retire> for Torrent {
    type Result = bool;
    fn handle(&mut self, _: Retire, _: &mut Self::Context) -> bool {
        let may = self.may_retire();
        if may {
            self.life.cancel();
        }
        may
    }
}

impl Torrent {
    fn may_retire(&self) -> bool {
        let content = self.content.as_ref();
        let whole_files = content.is_some_and(|content| content.progress.complete_files() > 0);
        whole_files && self.is_complete() && !self.is_wanted_now()
    }

    /// Somebody begins to read it.
    pub(crate) fn watched(&mut self, ctx: &mut Context<Self>) {
        if self.note_watched() {
            ctx.run_later(SAVED_AFTER, |torrent, _| torrent.save_record());
        }
    }

    /// Somebody has read it until now.
    pub(crate) fn watched_until_now(&mut self) {
        if self.note_watched() {
            self.save_record();
        }
    }

    /// Whether that is worth a save.
    fn note_watched(&mut self) -> bool {
        let now = unix_now();
        let before = self.record.watched_at.replace(now);
        before.is_none_or(|before| now.saturating_sub(before) >= WATCHED_AGAIN)
    }
}
