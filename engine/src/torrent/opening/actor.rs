//! From metadata to files that are open and looked at.

use std::sync::Arc;

use actix::prelude::*;
use storage::cache::actor::OpenTorrent;
use storage::disk::actor::{Check, Open};
use storage::reader::ReadLane;
use storage::{DiskReader, Layout, StorageError};
use wire::Bitfield;

use crate::torrent::actor::{Stage, Torrent};
use crate::torrent::content::Content;
use crate::torrent::resume::{self, Looked};

impl Torrent {
    /// Goes on from wherever it is: at the start, after a restart in place, when a failure is
    /// forgiven.
    pub(crate) fn begin(&mut self, ctx: &mut Context<Self>) {
        match &self.content {
            Some(content) if content.disk.is_none() && self.has_files() => self.open(ctx),
            Some(content) if content.disk.is_none() => self.open_without_files(ctx),
            Some(content) if content.checking.is_some() => self.check(content.unknown()),
            _ => self.run(ctx),
        }
    }

    /// Opens the files, then checks what is there and saved have-bits do not vouch for.
    fn open(&mut self, ctx: &mut Context<Self>) {
        let Some(content) = &self.content else { return };
        let (info_hash, info) = (self.info_hash, content.info.clone());
        let events = ctx.address().recipient();
        let root = self.record.save_path.clone();
        let saved = content.saved.clone();
        let (known, below) = (info.clone(), root.clone());
        let look =
            move || resume::look(saved.as_ref(), &Layout::new(&known, below), known.geometry);
        let looking = self.parts.io.spawn_blocking(look);
        let opening = self.parts.disk.send(Open { info_hash, info, root, events });
        let opening = async move {
            let reader = opening.await.map_err(|_| StorageError::Restarted)??;
            Ok((reader, looking.await.map_err(|_| StorageError::Restarted)?))
        };
        ctx.spawn(opening.into_actor(self).map(|outcome, torrent, ctx| match outcome {
            Ok((reader, looked)) => torrent.opened(reader, &looked, ctx),
            Err(StorageError::Restarted) => torrent.open(ctx),
            Err(error) => torrent.fail(&error),
        }));
    }

    /// Nothing is opened or looked at: the reader that others hold finds no piece to read.
    fn open_without_files(&mut self, ctx: &mut Context<Self>) {
        let Some(content) = &mut self.content else { return };
        let layout = Layout::new(&content.info, &self.record.save_path);
        content.disk = Some(DiskReader::new(Arc::new(layout), ReadLane::default()));
        content.checking = None;
        self.stage.send_replace(Stage::Open);
        self.register(ctx);
        self.run(ctx);
    }

    fn opened(&mut self, reader: DiskReader, looked: &Looked, ctx: &mut Context<Self>) {
        let Some(content) = &mut self.content else { return };
        content.disk = Some(reader);
        for piece in looked.kept.iter() {
            content.progress.verified(piece);
            content.written.set(piece);
            content.synced.set(piece);
        }
        let unknown = content.unknown();
        self.stage.send_replace(Stage::Open);
        if looked.nothing {
            return self.checked(&Bitfield::none(unknown.pieces()), ctx);
        }
        self.register(ctx);
        self.check(unknown);
    }

    /// Tells the cache what is on disk; readers that wait for any of it wake.
    fn register(&self, ctx: &mut Context<Self>) {
        let Some(content) = &self.content else { return };
        self.parts.cache.do_send(OpenTorrent {
            info_hash: self.info_hash,
            info: content.info.clone(),
            have: content.written.clone(),
            events: ctx.address().recipient(),
        });
    }

    /// Hashes what is on disk of `pieces`; peers are asked when that is over.
    pub(crate) fn check(&mut self, pieces: Bitfield) {
        let Some(content) = &mut self.content else { return };
        content.checking = Some((0, pieces.count()));
        self.parts.disk.do_send(Check { info_hash: self.info_hash, pieces });
    }

    pub(crate) fn checked(&mut self, found: &Bitfield, ctx: &mut Context<Self>) {
        let Some(content) = &mut self.content else { return };
        content.checking = None;
        for piece in found.iter() {
            content.progress.verified(piece);
            content.written.set(piece);
        }
        tracing::info!(
            info_hash = %self.info_hash,
            have = content.progress.have().count(),
            pieces = content.geometry().pieces(),
            "files checked"
        );
        if content.progress.complete() && self.record.completed_at.is_none() {
            self.record.completed_at = Some(crate::handle::unix_now());
            self.save_record();
        }
        self.register(ctx);
        self.save_resume();
        self.run(ctx);
    }

    /// Every piece is doubted and hashed again. Readers wait for theirs.
    pub(crate) fn recheck(&mut self) {
        if !self.content.as_ref().is_some_and(Content::ready) {
            return;
        }
        self.rest();
        self.streams.values().for_each(|stream| stream.shared.doubt());
        let Some(content) = &mut self.content else { return };
        let pieces = content.geometry().pieces();
        content.written = Bitfield::none(pieces);
        content.synced = Bitfield::none(pieces);
        let have: Vec<_> = content.progress.have().iter().collect();
        have.into_iter().for_each(|piece| self.lost(piece));
        self.check(Bitfield::all(pieces));
    }
}
