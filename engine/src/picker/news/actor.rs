//! What a torrent tells its picker: of pieces, of cursors, of what to download.

use std::sync::Arc;

use actix::prelude::*;
use storage::cache::Found;
use storage::cache::actor::Read;
use storage::cache::policy::Reach;
use storage::verify::block_digests;
use storage::{BlockDigest, Claim};
use wire::{Bitfield, BlockRef, ByteRange, PieceIndex};

use crate::peer::orders::actor::Lied;
use crate::picker::actor::PickerActor;
use crate::picker::hint::index_behind;
use crate::picker::{CursorId, Event, MediaHint, PeerKey, PieceMemory};

/// What became of a piece.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) enum PieceNews {
    Verified(PieceIndex),
    /// Its hash was wrong: what each block hashed to; empty when nobody is to blame.
    Failed(PieceIndex, Vec<BlockDigest>),
    Lost(PieceIndex),
    /// The cache restarted: what it was hashing is lost.
    CacheRestarted,
    Room,
}

impl Handler<PieceNews> for PickerActor {
    type Result = ();
    fn handle(&mut self, news: PieceNews, ctx: &mut Self::Context) {
        match news {
            PieceNews::Verified(piece) => {
                self.have.set(piece);
                self.memory.release(piece);
                self.compare_suspects(piece, ctx);
                self.feed(Event::PieceVerified { piece }, ctx);
            }
            PieceNews::Failed(piece, digests) => {
                self.note_failure(piece, &digests);
                let accused = self.suspects.accused(piece);
                let len = self.setup.geometry.piece_len(piece);
                let event = match self.memory.reserve(piece, len, Claim::Urgent) {
                    true => Event::PieceFailed { piece, accused: &accused },
                    false => Event::PieceLost { piece },
                };
                self.feed(event, ctx);
            }
            PieceNews::Lost(piece) => {
                self.have.clear(piece);
                self.memory.release(piece);
                self.feed(Event::PieceLost { piece }, ctx);
            }
            PieceNews::CacheRestarted => {
                let active = self.picker.active_pieces();
                for lost in active.into_iter().filter(|active| active.verifying) {
                    self.feed(Event::PieceLost { piece: lost.piece }, ctx);
                }
            }
            PieceNews::Room => self.feed(Event::Room, ctx),
        }
    }
}

impl PickerActor {
    /// Remembers who sent what of a piece that failed.
    fn note_failure(&mut self, piece: PieceIndex, digests: &[BlockDigest]) {
        let contributions = self.picker.contributors(piece);
        let senders: Vec<_> = contributions.iter().map(|block| block.now).collect();
        if let Some(liar) = self.suspects.failed(piece, &senders, digests) {
            self.banish(liar);
        }
    }

    /// A piece that had failed is right now: the blocks that differ name the liars.
    fn compare_suspects(&mut self, piece: PieceIndex, ctx: &mut Context<Self>) {
        if !self.suspects.concerns(piece) {
            return;
        }
        let info_hash = self.setup.info_hash;
        let reading = self.setup.cache.send(Read { info_hash, piece, cursor: None });
        let hashing = async move {
            let Ok(Ok(Found::Resident(right))) = reading.await else { return None };
            tokio::task::spawn_blocking(move || block_digests(&right)).await.ok()
        };
        ctx.spawn(hashing.into_actor(self).map(move |right, picker, _| {
            let liars = picker.suspects.verified(piece, &right.unwrap_or_default());
            liars.into_iter().for_each(|liar| picker.banish(liar));
        }));
    }

    fn banish(&self, liar: PeerKey) {
        self.tell(liar, Lied);
    }
}

/// A read opened, moved or closed, or what all may have ahead of them changed.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) enum CursorNews {
    Opened {
        id: CursorId,
        range: ByteRange,
        reach: Reach,
        /// Its file, unless its container said where its index is or nobody is to fetch that ahead.
        unknown: Option<ByteRange>,
    },
    /// It goes on.
    Promoted {
        id: CursorId,
    },
    Moved {
        id: CursorId,
        position: u64,
    },
    Closed {
        id: CursorId,
    },
    /// What the container of its file says.
    Hint {
        id: CursorId,
        file_start: u64,
        hint: Arc<MediaHint>,
    },
    /// Bytes each may have ahead of it.
    Window {
        ahead: u64,
    },
}

impl Handler<CursorNews> for PickerActor {
    type Result = ();
    fn handle(&mut self, news: CursorNews, ctx: &mut Self::Context) {
        match news {
            CursorNews::Opened { id, range, reach, unknown } => {
                self.unknown.retain(|(other, _)| *other != id);
                self.unknown.extend(unknown.map(|file| (id, file)));
                self.feed(Event::CursorOpened { id, range, reach }, ctx);
            }
            CursorNews::Promoted { id } => self.feed(Event::CursorPromoted { id }, ctx),
            CursorNews::Moved { id, position } => {
                self.feed(Event::CursorMoved { id, position }, ctx);
            }
            CursorNews::Hint { id, file_start, hint } => {
                self.unknown.retain(|(other, _)| *other != id);
                self.feed(Event::Hint { id, file_start, hint: &hint }, ctx);
            }
            CursorNews::Closed { id } => {
                self.unknown.retain(|(other, _)| *other != id);
                self.feed(Event::CursorClosed { id }, ctx);
            }
            CursorNews::Window { ahead } => {
                self.ahead = ahead;
                self.feed(Event::Window { ahead }, ctx);
            }
        }
    }
}

impl PickerActor {
    /// Looks for the index of files that are read where their first bytes have come: those are not
    /// verified, but what they lead to is only asked for. A player asks for it next.
    pub(in crate::picker) fn look_into(
        &mut self,
        block: BlockRef,
        data: &[u8],
        ctx: &mut Context<Self>,
    ) {
        if self.unknown.is_empty() {
            return;
        }
        let geometry = &self.setup.geometry;
        let begin = geometry.piece_start(block.piece) + u64::from(geometry.request(block).begin);
        let here = begin..begin + data.len() as u64;
        let begun = self.unknown.extract_if(.., |(_, file)| here.contains(&file.start));
        for (id, file) in begun.collect::<Vec<_>>() {
            let head = data.get((file.start - begin) as usize..).unwrap_or_default();
            if let Some(index) = index_behind(head, file.len()) {
                let hint = &MediaHint { index: vec![index], ..MediaHint::default() };
                self.feed(Event::Hint { id, file_start: file.start, hint }, ctx);
            }
        }
    }
}

/// What the background downloads.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Wants {
    pub(crate) background: Bitfield,
    /// The first pieces of its largest files.
    pub(crate) heads: Vec<PieceIndex>,
    /// Every verified piece: a picker that panicked may have missed one.
    pub(crate) have: Bitfield,
}

impl Handler<Wants> for PickerActor {
    type Result = ();
    fn handle(&mut self, wants: Wants, ctx: &mut Self::Context) {
        for piece in wants.have.iter() {
            if self.have.set(piece) {
                self.feed(Event::PieceVerified { piece }, ctx);
            }
        }
        self.feed(Event::Heads(&wants.heads), ctx);
        self.feed(Event::Wanted { background: &wants.background }, ctx);
    }
}
