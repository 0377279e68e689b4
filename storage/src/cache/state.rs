//! Torrents, resident pieces, waiting readers: what the cache knows and decides, without an actor.
//!
//! Handed an input, it says what is to be done about it as [`Action`]s. Readers' replies are sent
//! from here: all readers of a piece at once, in the order they came.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::oneshot;
use wire::{Bitfield, Info, InfoHash, PieceIndex};

use crate::budget::{Budget, Claim};
use crate::cache::cursors::actor::Place;
use crate::cache::found::{Answer, CacheStats, WaiterId};
use crate::cache::policy::{self, Backing, CursorId, Use};
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

/// Room that was refused for a piece.
#[derive(Clone, Copy, Debug)]
struct Wish {
    bytes: u64,
    claim: Claim,
}

/// Everything the cache knows.
#[derive(Debug)]
pub struct CacheState {
    budget: Budget,
    backing: Backing,
    /// Percent of a cursor's share that goes ahead of it.
    ahead_percent: u8,
    torrents: HashMap<InfoHash, Torrent>,
    /// Who could not reserve how much, in the order they asked; one entry a torrent.
    asking: VecDeque<(InfoHash, Wish)>,
    next_waiter: u64,
    counts: CacheStats,
}

impl CacheState {
    /// An empty cache over `budget`.
    pub fn new(budget: Budget, backing: Backing, ahead_percent: u8) -> Self {
        Self {
            budget,
            backing,
            ahead_percent,
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
    pub fn close(&mut self, info_hash: InfoHash) -> Vec<Action> {
        self.asking.retain(|(asker, _)| *asker != info_hash);
        if let Some(mut torrent) = self.torrents.remove(&info_hash) {
            torrent.turn_away();
        }
        self.reshare()
    }

    /// The budget or the split of a share changed: windows follow, and what is too much goes, as
    /// far as no read needs it.
    pub fn configure(&mut self, ahead_percent: u8) -> Vec<Action> {
        self.ahead_percent = ahead_percent;
        let mut actions = self.reshare();
        actions.extend(self.relieve());
        actions
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
        if torrent.came_back(index) {
            self.counts.refetched += u64::from(piece.len());
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
    pub fn place(&mut self, place: &Place) -> Vec<Action> {
        let Some(torrent) = self.torrents.get_mut(&place.info_hash) else {
            return Vec::new();
        };
        if torrent.place(place) {
            return self.reshare();
        }
        self.sweep(place.info_hash);
        Vec::new()
    }

    /// A cursor is gone.
    pub fn cursor_closed(&mut self, info_hash: InfoHash, cursor: CursorId) -> Vec<Action> {
        match self.torrents.get_mut(&info_hash).is_some_and(|torrent| torrent.close(cursor)) {
            true => {
                self.sweep(info_hash);
                self.reshare()
            }
            false => Vec::new(),
        }
    }

    /// The torrent may have missed what its cursors' share is.
    pub fn tell_window(&mut self, info_hash: InfoHash) -> Vec<Action> {
        if let Some(torrent) = self.torrents.get_mut(&info_hash) {
            torrent.ahead = None;
        }
        self.reshare()
    }

    /// Gives every cursor of the process that reads on an equal share of the budget.
    fn reshare(&mut self) -> Vec<Action> {
        let sharing = self.torrents.values().flat_map(Torrent::sharers).collect();
        let level = policy::level(self.budget.capacity(), sharing);
        let (mut actions, mut read) = (Vec::new(), Vec::new());
        for (info_hash, torrent) in self.torrents.iter_mut().filter(|(_, t)| t.is_read()) {
            let piece_length = torrent.info.geometry.piece_length();
            let share = policy::share(level, self.ahead_percent, piece_length);
            if let Some(ahead) = torrent.share(share) {
                actions.push(Action::Tell(*info_hash, PieceEvent::Window { ahead }));
                read.push(*info_hash);
            }
        }
        read.into_iter().for_each(|info_hash| self.sweep(info_hash));
        actions
    }

    /// Asks for a piece. A read by a cursor moves its window up to the piece, so that reading on
    /// frees what lies behind without a message of its own. Only a cursor waits for a piece that is
    /// not here.
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
        let reading = cursor.and_then(|cursor| torrent.window(cursor));
        let moved = reading.is_some_and(|window| window.advance(start));
        let answer = match torrent.find(piece) {
            Some(found) => Answer::Now(Ok(found)),
            None if cursor.is_none() => Answer::Now(Err(StorageError::NotHere)),
            None => {
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

    /// `info_hash` could not reserve a piece of `bytes`: drops what may go, and notes who asked.
    pub fn reclaim(&mut self, info_hash: InfoHash, bytes: u64, claim: Claim) -> Vec<Action> {
        if !self.torrents.contains_key(&info_hash) {
            return Vec::new();
        }
        let wish = Wish { bytes, claim };
        match self.asking.iter_mut().find(|(asker, _)| *asker == info_hash) {
            Some((_, wanted)) => *wanted = wish,
            None => self.asking.push_back((info_hash, wish)),
        }
        self.relieve()
    }

    /// While somebody wants room, or the budget shrank below what is in use: drops what may go, and
    /// tells those whose wish fits then. To be called when a piece may have become droppable:
    /// written, left behind, or let go by a reader.
    ///
    /// Prefetch takes only what no window holds; for a reader that waits, or to keep to the budget,
    /// the whole ladder ([`Use`]) is climbed down. Nothing goes for who has to wait until other
    /// pieces are verified.
    pub fn relieve(&mut self) -> Vec<Action> {
        let (mut wanted, mut urgent) = (0, 0);
        for (info_hash, Wish { bytes, claim }) in &self.asking {
            if !self.budget.admits(*bytes, *claim, 0) {
                continue;
            }
            wanted += bytes;
            if self.torrents.get(info_hash).is_some_and(|torrent| torrent.waiting() > 0) {
                urgent += bytes;
            }
        }
        let mut actions = Vec::new();
        if wanted > 0 {
            actions = self.evict(self.budget.shortfall(wanted), Use::None);
        }
        let need = match urgent {
            0 => self.budget.excess(),
            urgent => self.budget.shortfall(urgent),
        };
        actions.extend(self.evict(need, Use::Ahead));
        actions.extend(self.room());
        actions
    }

    /// Bytes came back: tells those whose wish fits now, in the order they asked.
    pub fn room(&mut self) -> Vec<Action> {
        let (mut taken, mut told) = (0, Vec::new());
        self.asking.retain(|(info_hash, Wish { bytes, claim })| {
            let fits = self.budget.has_room(*bytes, *claim, taken);
            if fits {
                taken += bytes;
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

    /// Whether [`Self::relieve`] has anything to do.
    pub fn is_pressed(&self) -> bool {
        self.is_asked() || self.budget.excess() > 0
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

    /// Bytes in memory that the window of each of a torrent's cursors holds: what several share is
    /// counted for each.
    pub fn held(&self, info_hash: InfoHash) -> Vec<(CursorId, u64)> {
        self.torrents.get(&info_hash).map(Torrent::held).unwrap_or_default()
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

    /// Drops pieces until `need` bytes came back or nothing more may go that is kept for no more
    /// than `most`.
    fn evict(&mut self, need: u64, most: Use) -> Vec<Action> {
        if need == 0 {
            return Vec::new();
        }
        let torrents = &self.torrents;
        let residents = torrents.iter().flat_map(|(info_hash, torrent)| {
            let pieces = torrent.resident.values();
            pieces.map(|piece| torrent.describe(*info_hash, piece))
        });
        let windows = |info_hash| torrents.get(&info_hash).map_or(&[][..], |t| &t.windows);
        let gone = policy::evict(residents, windows, self.backing, need, most);
        let mut actions = Vec::new();
        for (info_hash, piece) in gone {
            self.counts.evicted += 1;
            if self.torrents.get_mut(&info_hash).is_some_and(|torrent| torrent.evict(piece)) {
                actions.push(Action::Tell(info_hash, PieceEvent::Evicted { piece }));
            }
        }
        actions
    }

    /// Drops what the windows of one torrent have left behind, after one of them changed.
    fn sweep(&mut self, info_hash: InfoHash) {
        let files = self.backing == Backing::Disk;
        let Some(torrent) = self.torrents.get(&info_hash).filter(|_| files) else {
            return;
        };
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
            torrent.evict(index);
            self.counts.evicted += 1;
        }
    }
}
