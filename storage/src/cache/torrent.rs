//! What the cache knows of one torrent.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::oneshot;
use wire::{Bitfield, Info, InfoHash, PieceIndex};

use crate::cache::found::{Found, WaiterId};
use crate::cache::policy::{CursorId, CursorWindow, Resident};
use crate::error::StorageError;
use crate::piece::Piece;

type Reply = oneshot::Sender<Result<Found, StorageError>>;

/// What the cache knows of one torrent.
#[derive(Debug)]
pub(crate) struct Torrent {
    pub(crate) info: Arc<Info>,
    /// Pieces that are in their files.
    pub(crate) on_disk: Bitfield,
    pub(crate) cursors: Vec<(CursorId, CursorWindow)>,
    /// The windows alone, as the policy wants them; as many as `cursors`.
    pub(crate) windows: Vec<CursorWindow>,
    /// Bounded by the budget.
    pub(crate) resident: BTreeMap<PieceIndex, Arc<Piece>>,
    /// Bounded by the streams: each waits for one piece at a time.
    waiting: HashMap<PieceIndex, BTreeMap<WaiterId, Reply>>,
}

impl Torrent {
    pub(crate) fn new(info: Arc<Info>) -> Self {
        Self {
            on_disk: Bitfield::none(info.geometry.pieces()),
            info,
            cursors: Vec::new(),
            windows: Vec::new(),
            resident: BTreeMap::new(),
            waiting: HashMap::new(),
        }
    }

    /// Other pieces are on disk than was known: wakes who waits for one of them, and gives the
    /// pieces that are in memory only.
    pub(crate) fn replace_on_disk(&mut self, have: Bitfield) -> Vec<Arc<Piece>> {
        self.on_disk = have;
        let waited: Vec<_> = self.waiting.keys().copied().collect();
        waited.into_iter().for_each(|piece| self.wake(piece));
        let lost = self.resident.iter().filter(|(p, _)| !self.on_disk.get(**p));
        lost.map(|(_, piece)| Arc::clone(piece)).collect()
    }

    /// The most pieces one answer vouches for: enough to make asking rare.
    const MAX_RUN: u32 = 256;

    pub(crate) fn find(&self, piece: PieceIndex) -> Option<Found> {
        if let Some(piece) = self.resident.get(&piece) {
            return Some(Found::Resident(Arc::clone(piece)));
        }
        let from_here = piece.0..self.on_disk.pieces();
        let run = from_here.take(Self::MAX_RUN as usize);
        let pieces = run.take_while(|p| self.on_disk.get(PieceIndex(*p))).count() as u32;
        (pieces > 0).then_some(Found::OnDisk { pieces })
    }

    /// Answers all who wait for `piece`, if it is to be had.
    pub(crate) fn wake(&mut self, piece: PieceIndex) {
        if let Some(found) = self.find(piece) {
            for (_, reply) in self.waiting.remove(&piece).into_iter().flatten() {
                // A reader that left since is no one's loss.
                drop(reply.send(Ok(found.clone())));
            }
        }
    }

    pub(crate) fn describe(&self, info_hash: InfoHash, piece: &Arc<Piece>) -> Resident {
        Resident {
            info_hash,
            piece: piece.index(),
            range: self.info.geometry.piece_range(piece.index()),
            written: self.on_disk.get(piece.index()),
            held: Arc::strong_count(piece) > 1,
        }
    }

    pub(crate) fn wait(&mut self, piece: PieceIndex, id: WaiterId, reply: Reply) {
        self.waiting.entry(piece).or_default().insert(id, reply);
    }

    pub(crate) fn forget(&mut self, piece: PieceIndex, id: WaiterId) {
        if let Some(waiting) = self.waiting.get_mut(&piece) {
            waiting.remove(&id);
            if waiting.is_empty() {
                self.waiting.remove(&piece);
            }
        }
    }

    /// Readers that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.values().map(BTreeMap::len).sum()
    }

    /// The torrent is closed: tells everybody who waits.
    pub(crate) fn turn_away(&mut self) {
        for (_, reply) in self.waiting.drain().flat_map(|(_, waiting)| waiting) {
            drop(reply.send(Err(StorageError::Closed)));
        }
    }

    /// After a panic: pieces and readers go, the rest stays.
    pub(crate) fn restart(&mut self) {
        self.resident.clear();
        self.waiting.clear();
    }
}
