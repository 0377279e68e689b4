//! A picker in a model swarm that checks every action against what peers and memory allow.
#![allow(dead_code, reason = "every test binary uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test helper")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use engine::picker::{
    Action, CursorId, Event, PeerKey, Picker, PickerConfig, PieceMemory, Prospect,
};
use storage::Claim;
use storage::cache::policy::Reach;
use wire::{BLOCK_LEN, Bitfield, BlockRef, ByteRange, Geometry, PieceIndex};

pub(crate) const MIB: u64 = 1024 * 1024;

pub(crate) fn block(piece: u32, index: u32) -> BlockRef {
    BlockRef { piece: PieceIndex(piece), index }
}

/// Room for some bytes.
pub(crate) struct Memory {
    pub(crate) free: u64,
    /// Beside `free`, for what is urgent.
    pub(crate) kept_back: u64,
    pub(crate) held: BTreeMap<PieceIndex, u64>,
}

impl PieceMemory for Memory {
    fn reserve(&mut self, piece: PieceIndex, len: u32, claim: Claim) -> bool {
        if claim == Claim::Urgent {
            self.free += std::mem::take(&mut self.kept_back);
        }
        let fits = u64::from(len) <= self.free;
        if fits {
            self.free -= u64::from(len);
            assert!(self.held.insert(piece, u64::from(len)).is_none(), "{piece:?} reserved twice");
        }
        fits
    }

    fn release(&mut self, piece: PieceIndex) {
        self.free += self.held.remove(&piece).expect("released what was not reserved");
    }
}

/// What the model knows of one peer.
pub(crate) struct Remote {
    pub(crate) have: Bitfield,
    pub(crate) choked: bool,
    pub(crate) fast: bool,
    pub(crate) reqq: usize,
    pub(crate) allowed: BTreeSet<PieceIndex>,
    /// Asked and neither answered, cancelled nor dropped by a choke.
    pub(crate) owed: Vec<BlockRef>,
    pub(crate) interested: bool,
}

pub(crate) struct Bench {
    pub(crate) picker: Picker,
    pub(crate) geometry: Geometry,
    pub(crate) now: Instant,
    pub(crate) memory: Memory,
    pub(crate) remotes: BTreeMap<PeerKey, Remote>,
    pub(crate) here: BTreeMap<PieceIndex, BTreeSet<u32>>,
    pub(crate) verified: BTreeSet<PieceIndex>,
    /// Everything said since it was last cleared.
    pub(crate) said: Vec<Action>,
}

impl Bench {
    pub(crate) fn new(piece_length: u64, pieces: u64) -> Self {
        Self::with(piece_length, pieces, PickerConfig::default())
    }

    pub(crate) fn with(piece_length: u64, pieces: u64, config: PickerConfig) -> Self {
        let geometry = Geometry::new(piece_length as u32, piece_length * pieces).unwrap();
        let now = Instant::now();
        let have = Bitfield::none(geometry.pieces());
        Self {
            picker: Picker::new(geometry, &have, config, 1, now),
            geometry,
            now,
            memory: Memory { free: u64::MAX / 2, kept_back: 0, held: BTreeMap::new() },
            remotes: BTreeMap::new(),
            here: BTreeMap::new(),
            verified: BTreeSet::new(),
            said: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, event: Event<'_>) -> Vec<Action> {
        let mut out = Vec::new();
        self.picker.handle(self.now, event, &mut self.memory, &mut out);
        out.iter().for_each(|action| self.check(action));
        for key in self.remotes.keys() {
            let requests =
                out.iter().filter(|a| matches!(a, Action::Request { peer, .. } if peer == key));
            assert!(requests.count() <= 1, "more than one request batch");
            let cancels =
                out.iter().filter(|a| matches!(a, Action::Cancel { peer, .. } if peer == key));
            assert!(cancels.count() <= 1, "more than one cancel batch");
        }
        self.check_depths(&out);
        self.said.extend(out.iter().cloned());
        out
    }

    /// Whoever is asked for something owes no more than its depth, and two for a copy of a block
    /// that a reader waits for.
    fn check_depths(&self, out: &[Action]) {
        for estimate in self.picker.peers(self.now) {
            let key = estimate.peer;
            let asked = |a: &Action| matches!(a, Action::Request { peer, .. } if *peer == key);
            if out.iter().any(asked) {
                let owed = self.remotes[&key].owed.len() as u32;
                assert!(owed <= estimate.depth + 2, "{key:?} owes {owed} of {}", estimate.depth);
                assert_eq!(owed, estimate.queue, "{key:?} owes what the picker thinks");
            }
        }
    }

    fn check(&mut self, action: &Action) {
        match action {
            Action::Request { peer, blocks } => {
                let remote = self.remotes.get_mut(peer).expect("asks a peer that is here");
                assert!(!blocks.is_empty());
                for block in blocks {
                    let piece = block.piece;
                    assert!(remote.have.get(piece), "{peer:?} has not {piece:?}");
                    assert!(!remote.choked || remote.allowed.contains(&piece), "{peer:?} chokes");
                    assert!(!remote.owed.contains(block), "{block:?} asked twice of {peer:?}");
                    assert!(self.memory.held.contains_key(&piece), "{piece:?} has no room");
                    assert!(!self.verified.contains(&piece), "{piece:?} is here");
                    assert!(self.geometry.block_len(*block) > 0);
                    remote.owed.push(*block);
                }
                assert!(remote.owed.len() <= remote.reqq.min(256), "{peer:?} is asked too much");
            }
            Action::Cancel { peer, blocks } => {
                let remote = self.remotes.get_mut(peer).expect("cancels at a peer that is here");
                for block in blocks {
                    let at = remote.owed.iter().position(|b| b == block);
                    remote.owed.remove(at.expect("cancels what was asked"));
                }
            }
            Action::Interested { peer, interested } => {
                let remote = self.remotes.get_mut(peer).expect("tells a peer that is here");
                assert_ne!(remote.interested, *interested, "said already");
                remote.interested = *interested;
            }
            Action::PieceDropped { piece } => {
                self.here.remove(piece);
            }
            _ => {}
        }
    }

    pub(crate) fn join(&mut self, key: u64, fast: bool, reqq: u32) {
        self.join_as(key, fast, reqq, Prospect::Stranger);
    }

    /// A peer joins of which something is known.
    pub(crate) fn join_as(&mut self, key: u64, fast: bool, reqq: u32, prospect: Prospect) {
        let peer = PeerKey(key);
        let have = Bitfield::none(self.geometry.pieces());
        self.remotes.insert(
            peer,
            Remote {
                have,
                choked: true,
                fast,
                reqq: reqq as usize,
                allowed: BTreeSet::new(),
                owed: Vec::new(),
                interested: false,
            },
        );
        self.send(Event::PeerJoined { peer, fast, reqq, prospect });
    }

    pub(crate) fn leave(&mut self, key: u64) {
        self.remotes.remove(&PeerKey(key));
        self.send(Event::PeerLeft { peer: PeerKey(key) });
    }

    pub(crate) fn has(&mut self, key: u64, have: Bitfield) -> Vec<Action> {
        let peer = PeerKey(key);
        self.remotes.get_mut(&peer).unwrap().have = have.clone();
        self.send(Event::PeerBitfield { peer, have: &have })
    }

    /// A peer that has everything and unchokes.
    pub(crate) fn seeder(&mut self, key: u64) {
        self.join(key, true, 250);
        self.has(key, Bitfield::all(self.geometry.pieces()));
        self.unchoke(key);
    }

    pub(crate) fn unchoke(&mut self, key: u64) -> Vec<Action> {
        let peer = PeerKey(key);
        self.remotes.get_mut(&peer).unwrap().choked = false;
        self.send(Event::Unchoked { peer })
    }

    pub(crate) fn choke(&mut self, key: u64) -> Vec<Action> {
        let peer = PeerKey(key);
        let remote = self.remotes.get_mut(&peer).unwrap();
        remote.choked = true;
        let allowed = remote.allowed.clone();
        remote.owed.retain(|b| allowed.contains(&b.piece));
        self.send(Event::Choked { peer })
    }

    pub(crate) fn allow(&mut self, key: u64, piece: u32) -> Vec<Action> {
        let (peer, piece) = (PeerKey(key), PieceIndex(piece));
        let remote = self.remotes.get_mut(&peer).unwrap();
        if remote.fast {
            remote.allowed.insert(piece);
        }
        self.send(Event::AllowedFast { peer, piece })
    }

    pub(crate) fn reject(&mut self, key: u64, block: BlockRef) -> Vec<Action> {
        let peer = PeerKey(key);
        self.remotes.get_mut(&peer).unwrap().owed.retain(|b| *b != block);
        self.send(Event::Rejected { peer, block })
    }

    pub(crate) fn open(&mut self, id: u64, range: std::ops::Range<u64>) -> Vec<Action> {
        self.open_as(id, range, Reach::Share)
    }

    pub(crate) fn open_as(
        &mut self,
        id: u64,
        range: std::ops::Range<u64>,
        reach: Reach,
    ) -> Vec<Action> {
        let range = ByteRange::new(range.start, range.end);
        self.send(Event::CursorOpened { id: CursorId(id), range, reach })
    }

    pub(crate) fn go(&mut self, id: u64, position: u64) -> Vec<Action> {
        self.send(Event::CursorMoved { id: CursorId(id), position })
    }

    pub(crate) fn close(&mut self, id: u64) -> Vec<Action> {
        self.send(Event::CursorClosed { id: CursorId(id) })
    }

    pub(crate) fn background(&mut self, pieces: impl IntoIterator<Item = u32>) -> Vec<Action> {
        let mut wanted = Bitfield::none(self.geometry.pieces());
        pieces.into_iter().for_each(|p| {
            wanted.set(PieceIndex(p));
        });
        self.send(Event::Wanted { background: &wanted })
    }

    pub(crate) fn tick_after(&mut self, millis: u64) -> Vec<Action> {
        self.now += Duration::from_millis(millis);
        self.send(Event::Tick)
    }

    pub(crate) fn owed(&self, key: u64) -> Vec<BlockRef> {
        self.remotes[&PeerKey(key)].owed.clone()
    }

    /// Pieces some peer is asked for.
    pub(crate) fn asked(&self) -> BTreeSet<u32> {
        let owed = self.remotes.values().flat_map(|r| &r.owed);
        owed.map(|b| b.piece.0).collect()
    }

    /// The peer brings these blocks in one read; whole pieces are verified in the same breath.
    pub(crate) fn bring(&mut self, key: u64, blocks: &[BlockRef]) -> Vec<Action> {
        let peer = PeerKey(key);
        let remote = self.remotes.get_mut(&peer).unwrap();
        remote.owed.retain(|b| !blocks.contains(b));
        let room: Vec<_> = self.memory.held.keys().copied().collect();
        for block in blocks.iter().filter(|b| room.contains(&b.piece)) {
            self.here.entry(block.piece).or_default().insert(block.index);
        }
        let received = blocks.iter().map(|b| u64::from(self.geometry.block_len(*b))).sum();
        let mut out = self.send(Event::BlocksArrived { peer, blocks, received });
        for block in blocks {
            if self.complete(block.piece) && !self.verified.contains(&block.piece) {
                out.extend(self.verify(block.piece));
            }
        }
        out
    }

    pub(crate) fn complete(&self, piece: PieceIndex) -> bool {
        let here = self.here.get(&piece).map_or(0, BTreeSet::len);
        here > 0 && here == self.geometry.blocks(piece) as usize
    }

    pub(crate) fn verify(&mut self, piece: PieceIndex) -> Vec<Action> {
        self.here.remove(&piece);
        self.verified.insert(piece);
        if let Some(len) = self.memory.held.remove(&piece) {
            self.memory.free += len;
        }
        self.send(Event::PieceVerified { piece })
    }

    /// Every peer brings one block of what it owes, 10 ms later: a second of that makes rates known.
    pub(crate) fn warm(&mut self, rounds: usize) {
        for _ in 0..rounds {
            self.now += Duration::from_millis(10);
            for key in self.remotes.keys().map(|k| k.0).collect::<Vec<_>>() {
                if let Some(block) = self.owed(key).first().copied() {
                    self.bring(key, &[block]);
                }
            }
        }
    }
}

/// Blocks of the requests to one peer among these actions.
pub(crate) fn requested(actions: &[Action], key: u64) -> Vec<BlockRef> {
    let of = |a: &Action| match a {
        Action::Request { peer, blocks } if peer.0 == key => blocks.clone(),
        _ => Vec::new(),
    };
    actions.iter().flat_map(of).collect()
}

/// Blocks of the cancels to one peer among these actions.
pub(crate) fn cancelled(actions: &[Action], key: u64) -> Vec<BlockRef> {
    let of = |a: &Action| match a {
        Action::Cancel { peer, blocks } if peer.0 == key => blocks.clone(),
        _ => Vec::new(),
    };
    actions.iter().flat_map(of).collect()
}

pub(crate) fn blocks_in(bytes: u64) -> u64 {
    bytes.div_ceil(u64::from(BLOCK_LEN))
}
