//! Torrents, resident pieces, waiting readers: what the cache knows and decides, without an actor.
//!
//! Handed an input, it says what is to be done about it as [`Action`]s. Readers' replies are sent
//! from here: all readers of a piece at once, in the order they came.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::oneshot;
use wire::{Bitfield, Info, InfoHash, PieceIndex};

use crate::budget::Budget;
use crate::cache::found::{Answer, CacheStats, Found, WaiterId};
use crate::cache::policy::{self, Backing, CursorId, CursorWindow};
use crate::cache::torrent::Torrent;
use crate::error::StorageError;
use crate::event::PieceEvent;
use crate::piece::Piece;
use crate::verify::BlockDigest;

/// What is to be done.
#[derive(Debug)]
pub enum Action {
    /// Tell the torrent.
    Tell(InfoHash, PieceEvent),
    /// Hand the piece to the disk.
    Write(InfoHash, Arc<Piece>),
}

/// Everything the cache knows.
#[derive(Debug)]
pub struct CacheState {
    budget: Budget,
    backing: Backing,
    torrents: HashMap<InfoHash, Torrent>,
    /// Who could not reserve how much, in the order they asked; one entry a torrent.
    asking: VecDeque<(InfoHash, u64)>,
    next_waiter: u64,
    counts: CacheStats,
}

impl CacheState {
    /// An empty cache over `budget`.
    pub fn new(budget: Budget, backing: Backing) -> Self {
        Self {
            budget,
            backing,
            torrents: HashMap::new(),
            asking: VecDeque::new(),
            next_waiter: 0,
            counts: CacheStats::default(),
        }
    }

    /// Registers a torrent, or replaces what is known to be on disk of it: what is in memory and no
    /// longer on disk is written again.
    pub fn open(&mut self, info_hash: InfoHash, info: Arc<Info>, have: Bitfield) -> Vec<Action> {
        let torrents = &mut self.torrents;
        let torrent = torrents.entry(info_hash).or_insert_with(|| Torrent::new(info));
        let lost = torrent.replace_on_disk(have);
        match self.backing {
            Backing::Memory => Vec::new(),
            Backing::Disk => lost.into_iter().map(|p| Action::Write(info_hash, p)).collect(),
        }
    }

    /// Forgets a torrent; its readers are told.
    pub fn close(&mut self, info_hash: InfoHash) {
        self.asking.retain(|(asker, _)| *asker != info_hash);
        if let Some(mut torrent) = self.torrents.remove(&info_hash) {
            torrent.turn_away();
        }
    }

    /// The hash `piece` must have; `None` when there is no such piece here.
    pub fn expected(&self, info_hash: InfoHash, piece: PieceIndex) -> Option<[u8; 20]> {
        let hashes = &self.torrents.get(&info_hash)?.info.piece_hashes;
        hashes.get(piece.idx()).copied()
    }

    /// A piece was hashed: it is kept and its readers woken, or it is to be fetched again.
    pub fn hashed(
        &mut self,
        info_hash: InfoHash,
        index: PieceIndex,
        result: Result<Arc<Piece>, Vec<BlockDigest>>,
    ) -> Vec<Action> {
        let Some(torrent) = self.torrents.get_mut(&info_hash) else {
            return Vec::new();
        };
        let piece = match result {
            Ok(piece) => piece,
            Err(blocks) => {
                let piece = index;
                let failed = PieceEvent::Failed { piece, blocks };
                return vec![Action::Tell(info_hash, failed)];
            }
        };
        let verified = PieceEvent::Verified { piece: index };
        let mut actions = vec![Action::Tell(info_hash, verified)];
        if self.backing == Backing::Disk && !torrent.on_disk.get(index) {
            actions.push(Action::Write(info_hash, Arc::clone(&piece)));
        }
        torrent.resident.insert(index, piece);
        torrent.wake(index);
        self.drop_if_idle(info_hash, index);
        actions
    }

    /// A piece is in its files: readers may go there, and the policy may drop it from memory.
    pub fn written(&mut self, info_hash: InfoHash, piece: PieceIndex) {
        if let Some(torrent) = self.torrents.get_mut(&info_hash) {
            torrent.on_disk.set(piece);
            torrent.wake(piece);
            self.drop_if_idle(info_hash, piece);
        }
    }

    /// A cursor opened or moved.
    pub fn window(&mut self, info_hash: InfoHash, cursor: CursorId, window: CursorWindow) {
        if let Some(torrent) = self.torrents.get_mut(&info_hash) {
            match torrent.cursors.iter_mut().find(|(id, _)| *id == cursor) {
                Some((_, known)) => *known = window,
                None => torrent.cursors.push((cursor, window)),
            }
            self.sweep(info_hash);
        }
    }

    /// A cursor is gone.
    pub fn cursor_closed(&mut self, info_hash: InfoHash, cursor: CursorId) {
        if let Some(torrent) = self.torrents.get_mut(&info_hash) {
            torrent.cursors.retain(|(id, _)| *id != cursor);
            self.sweep(info_hash);
        }
    }

    /// Asks for a piece. A read by a cursor moves its window up to the piece, so that reading on
    /// frees what lies behind without a message of its own.
    pub fn read(
        &mut self,
        info_hash: InfoHash,
        piece: PieceIndex,
        cursor: Option<CursorId>,
    ) -> Answer {
        let Some(torrent) = self.torrents.get_mut(&info_hash) else {
            return Answer::Now(Err(StorageError::NoSuchTorrent(info_hash)));
        };
        if piece.0 >= torrent.info.geometry.pieces() {
            return Answer::Now(Err(StorageError::OutOfRange));
        }
        let start = torrent.info.geometry.piece_start(piece);
        let reading = torrent.cursors.iter_mut().find(|(id, _)| Some(*id) == cursor);
        let moved = reading.is_some_and(|(_, window)| window.advance(start));
        let answer = match torrent.find(piece) {
            Some(found @ Found::Resident(_)) => {
                self.counts.hits += 1;
                Answer::Now(Ok(found))
            }
            Some(found) => {
                self.counts.disk_hits += 1;
                Answer::Now(Ok(found))
            }
            None => {
                self.counts.misses += 1;
                self.next_waiter += 1;
                let id = WaiterId(self.next_waiter);
                let (reply, receiver) = oneshot::channel();
                torrent.wait(piece, id, reply);
                Answer::Later(id, receiver)
            }
        };
        if moved {
            self.sweep(info_hash);
        }
        answer
    }

    /// A reader gave up waiting.
    pub fn forget(&mut self, info_hash: InfoHash, piece: PieceIndex, id: WaiterId) {
        if let Some(torrent) = self.torrents.get_mut(&info_hash) {
            torrent.forget(piece, id);
        }
    }

    /// `info_hash` could not reserve `bytes`: drops what may go, and notes who asked.
    pub fn reclaim(&mut self, info_hash: InfoHash, bytes: u64) -> Vec<Action> {
        if !self.torrents.contains_key(&info_hash) {
            return Vec::new();
        }
        match self.asking.iter_mut().find(|(asker, _)| *asker == info_hash) {
            Some((_, wanted)) => *wanted = bytes,
            None => self.asking.push_back((info_hash, bytes)),
        }
        self.relieve()
    }

    /// While somebody wants room: drops what may go, and tells those whose wish fits then. To be
    /// called when a piece may have become droppable: written, left behind, or let go by a reader.
    pub fn relieve(&mut self) -> Vec<Action> {
        let wanted: u64 = self.asking.iter().map(|(_, bytes)| bytes).sum();
        let need = wanted.saturating_sub(self.budget.free());
        let mut actions = match need {
            0 => Vec::new(),
            need => self.evict(need),
        };
        actions.extend(self.room());
        actions
    }

    /// Bytes came back: tells those whose wish fits now, in the order they asked.
    pub fn room(&mut self) -> Vec<Action> {
        let mut free = self.budget.free();
        let mut told = Vec::new();
        self.asking.retain(|(info_hash, bytes)| {
            let fits = *bytes <= free;
            if fits {
                free -= *bytes;
                told.push(Action::Tell(*info_hash, PieceEvent::Room));
            }
            !fits
        });
        told
    }

    /// Whether anybody waits for [`Self::room`].
    pub fn is_asked(&self) -> bool {
        !self.asking.is_empty()
    }

    /// After a panic: torrents, what is on disk, and windows stay; pieces and waiting readers go,
    /// because one of them may be half changed. Readers see their reply closed and ask again.
    pub fn restart(&mut self) -> Vec<Action> {
        self.asking.clear();
        let mut told = Vec::with_capacity(self.torrents.len());
        for (info_hash, torrent) in &mut self.torrents {
            torrent.restart();
            told.push(Action::Tell(*info_hash, PieceEvent::CacheRestarted));
        }
        told
    }

    /// Figures.
    pub fn stats(&self) -> CacheStats {
        let torrents = || self.torrents.values();
        CacheStats {
            used: self.budget.used(),
            budget: self.budget.capacity(),
            resident: torrents().map(|t| t.resident.len()).sum::<usize>() as u32,
            waiting: torrents().map(Torrent::waiting).sum::<usize>() as u32,
            ..self.counts
        }
    }

    /// Drops pieces until `need` bytes came back or nothing more may go.
    fn evict(&mut self, need: u64) -> Vec<Action> {
        let torrents = &self.torrents;
        let residents = torrents.iter().flat_map(|(info_hash, torrent)| {
            let pieces = torrent.resident.values();
            pieces.map(|piece| torrent.describe(*info_hash, piece))
        });
        let windows = |info_hash| torrents.get(&info_hash).map_or(&[][..], |t| &t.windows);
        let gone = policy::evict(residents, windows, self.backing, need);
        let mut actions = Vec::new();
        for (info_hash, piece) in gone {
            if let Some(torrent) = self.torrents.get_mut(&info_hash) {
                torrent.resident.remove(&piece);
                self.counts.evicted += 1;
                if !torrent.on_disk.get(piece) {
                    actions.push(Action::Tell(info_hash, PieceEvent::Evicted { piece }));
                }
            }
        }
        actions
    }

    /// Drops what the windows of one torrent have left behind, after one of them changed.
    fn sweep(&mut self, info_hash: InfoHash) {
        let Some(torrent) = self.torrents.get_mut(&info_hash) else {
            return;
        };
        torrent.windows = torrent.cursors.iter().map(|(_, window)| *window).collect();
        let pieces: Vec<_> = torrent.resident.keys().copied().collect();
        for piece in pieces {
            self.drop_if_idle(info_hash, piece);
        }
    }

    fn drop_if_idle(&mut self, info_hash: InfoHash, index: PieceIndex) {
        let Some(torrent) = self.torrents.get_mut(&info_hash) else {
            return;
        };
        if let Some(piece) = torrent.resident.get(&index)
            && policy::is_idle(&torrent.describe(info_hash, piece), &torrent.windows, self.backing)
        {
            torrent.resident.remove(&index);
            self.counts.evicted += 1;
        }
    }
}
