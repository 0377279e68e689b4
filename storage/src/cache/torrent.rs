//! What the cache knows of one torrent.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tokio::sync::oneshot;
use wire::{Bitfield, ByteRange, Info, InfoHash, PieceIndex};

use crate::cache::cursors::actor::Place;
use crate::cache::found::{Found, WaiterId};
use crate::cache::policy::{self, CursorId, CursorWindow, Reach, Resident};
use crate::error::StorageError;
use crate::piece::Piece;

type Reply = oneshot::Sender<Result<Found, StorageError>>;

/// Who reads.
#[derive(Debug)]
struct Cursor {
    id: CursorId,
    file: ByteRange,
    reach: Reach,
}

/// What the cache knows of one torrent.
#[derive(Debug)]
pub(crate) struct Torrent {
    pub(crate) info: Arc<Info>,
    /// Pieces that are in their files.
    pub(crate) on_disk: Bitfield,
    /// Who reads it.
    cursors: Vec<Cursor>,
    /// Their windows, in the same order.
    pub(crate) windows: Vec<CursorWindow>,
    /// The ends of the files they read.
    edges: BTreeSet<PieceIndex>,
    /// What each cursor may have ahead of it, as the torrent was last told.
    pub(crate) ahead: Option<u64>,
    /// Pieces that left memory without being on disk.
    evicted: Bitfield,
    /// Bounded by the budget.
    pub(crate) resident: BTreeMap<PieceIndex, Arc<Piece>>,
    /// Bounded by the streams: each waits for one piece at a time.
    waiting: HashMap<PieceIndex, BTreeMap<WaiterId, Reply>>,
}

impl Torrent {
    pub(crate) fn new(info: Arc<Info>) -> Self {
        let none = Bitfield::none(info.geometry.pieces());
        Self {
            on_disk: none.clone(),
            evicted: none,
            info,
            cursors: Vec::new(),
            windows: Vec::new(),
            edges: BTreeSet::new(),
            ahead: None,
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
            let found = match found {
                Found::Resident(piece) => Found::Arrived(piece),
                found => found,
            };
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
            edge: self.edges.contains(&piece.index()),
        }
    }

    /// Places a cursor; `true` when the shares change, because it is new or reaches farther.
    pub(crate) fn place(&mut self, place: &Place) -> bool {
        let Place { cursor: id, file, position, end, reach, .. } = *place;
        if let Some(at) = self.cursors.iter().position(|cursor| cursor.id == id) {
            let window = &mut self.windows[at];
            (window.position, window.end) = (position, end);
            return std::mem::replace(&mut self.cursors[at].reach, reach) != reach;
        }
        self.cursors.push(Cursor { id, file, reach });
        self.windows.push(CursorWindow { position, end, ahead: 0, behind: 0 });
        self.pin();
        true
    }

    /// Forgets a cursor; `false` when there is none of this id.
    pub(crate) fn close(&mut self, id: CursorId) -> bool {
        let Some(at) = self.cursors.iter().position(|cursor| cursor.id == id) else {
            return false;
        };
        self.cursors.remove(at);
        self.windows.remove(at);
        self.pin();
        true
    }

    /// The piece length, once for each cursor that has a share of the budget.
    pub(crate) fn sharers(&self) -> impl Iterator<Item = u32> + '_ {
        let sharers = self.cursors.iter().filter(|cursor| cursor.reach == Reach::Share);
        sharers.map(|_| self.info.geometry.piece_length())
    }

    /// Whether it has cursors.
    pub(crate) fn is_read(&self) -> bool {
        !self.cursors.is_empty()
    }

    /// The window of cursor `id`.
    pub(crate) fn window(&mut self, id: CursorId) -> Option<&mut CursorWindow> {
        let mut windows = self.windows.iter_mut().zip(&self.cursors);
        windows.find_map(|(window, cursor)| (cursor.id == id).then_some(window))
    }

    /// Bytes in memory that the window of each cursor holds.
    pub(crate) fn held(&self) -> Vec<(CursorId, u64)> {
        let held = |window: &CursorWindow| {
            let ranges = self.resident.keys().map(|piece| self.info.geometry.piece_range(*piece));
            ranges
                .filter(|range| window.holds(*range, window.behind))
                .map(|range| range.len())
                .sum()
        };
        let cursors = self.cursors.iter().zip(&self.windows);
        cursors.map(|(cursor, window)| (cursor.id, held(window))).collect()
    }

    fn pin(&mut self) {
        let mut files: Vec<_> = self.cursors.iter().map(|cursor| cursor.file).collect();
        files.sort_by_key(|file| file.start);
        files.dedup();
        self.edges = policy::edges(&files, &self.info.geometry);
    }

    /// Gives each cursor its share; what each may have ahead, when that is news.
    pub(crate) fn share(&mut self, (ahead, behind): (u64, u64)) -> Option<u64> {
        for (window, cursor) in self.windows.iter_mut().zip(&self.cursors) {
            (window.ahead, window.behind) = (cursor.reach.ahead(ahead), behind);
        }
        let told = self.ahead.replace(ahead);
        (told != Some(ahead)).then_some(ahead)
    }

    /// A piece leaves memory; `true` when it is on no disk either.
    pub(crate) fn evict(&mut self, piece: PieceIndex) -> bool {
        let gone = self.resident.remove(&piece).is_some() && !self.on_disk.get(piece);
        if gone {
            self.evicted.set(piece);
        }
        gone
    }

    /// Whether `piece` was here before and left; it is here now.
    pub(crate) fn came_back(&mut self, piece: PieceIndex) -> bool {
        self.evicted.clear(piece)
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
