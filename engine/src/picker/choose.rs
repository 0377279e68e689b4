//! Which block a peer gets: pieces cursors stand on, the index of their files, their windows by
//! deadline, then the background, rarest first.

use wire::{BlockRef, PieceIndex};

use super::active::Active;
use super::bits::scan;
use super::cursor::Cursor;
use super::peer::Peer;
use super::schedule::Slow;
use super::{PeerKey, Picker, Turn};

/// A slow peer starts no piece longer than this far ahead while it can help with one under way.
const SMALL_PIECE: u32 = 4 * 1024 * 1024;

/// Peers up to which each one's part is counted.
const SMALL_SWARM: u32 = 32;

/// A block found for a peer.
struct Choice {
    piece: PieceIndex,
    /// Counts the piece's unrequested blocks.
    nth: u32,
    /// The cursor it is for.
    cursor: Option<usize>,
    /// A cursor stands on the piece.
    blocking: bool,
}

impl Picker {
    /// The block this peer is asked for from now on, its piece started; the others bring `skip` more
    /// urgent ones first.
    pub(super) fn choose(
        &mut self,
        key: PeerKey,
        slow: Slow,
        skip: u32,
        turn: &mut Turn<'_>,
    ) -> Option<BlockRef> {
        loop {
            let peer = self.peers.get(key)?;
            let choice = self.for_cursors(peer, slow, skip);
            let choice = choice.or_else(|| self.for_background(peer))?;
            let piece = choice.piece;
            if !self.ensure_started(piece, choice.blocking, turn) {
                continue;
            }
            let block = self.pieces.take_nth(piece, choice.nth, key, turn.now)?;
            if let Some(cursor) = choice.cursor {
                self.cursors.served(cursor);
            }
            return Some(block);
        }
    }

    /// Whether the peer may be asked for a block of this open piece now.
    fn fits(&self, peer: &Peer, piece: PieceIndex) -> bool {
        let begun = |active: &Active| {
            let unsuspected = || active.unsuspected(peer.key) || self.only_giver(peer.key, piece);
            active.trusts(peer.key) && unsuspected()
        };
        peer.gives(piece)
            && self.pieces.active.get(&piece).map_or(!self.no_room, begun)
            && (!peer.link.snubbed || self.only_giver(peer.key, piece))
    }

    fn for_cursors(&self, peer: &Peer, slow: Slow, skip: u32) -> Option<Choice> {
        let mut skip = skip;
        for (cursor, at) in self.cursors.in_order() {
            let Some(piece) = at.blocking.filter(|p| self.pieces.open.get(*p)) else {
                continue;
            };
            if let Some(nth) = self.reach(peer, piece, slow, &mut skip) {
                let cursor = Some(cursor);
                return Some(Choice { piece, nth, cursor, blocking: true });
            }
        }
        for (cursor, at) in self.cursors.in_order() {
            for piece in at.index.iter().copied() {
                if at.blocking == Some(piece) || !self.pieces.open.get(piece) {
                    continue;
                }
                if let Some(nth) = self.reach(peer, piece, slow, &mut skip) {
                    let cursor = Some(cursor);
                    return Some(Choice { piece, nth, cursor, blocking: false });
                }
            }
        }
        for (cursor, at) in self.cursors.in_order() {
            if let Some(choice) = self.in_window(peer, (cursor, at), slow, skip) {
                return Some(choice);
            }
        }
        None
    }

    /// Without room for another piece those under way are all there is.
    fn in_window(
        &self,
        peer: &Peer,
        cursor: (usize, &Cursor),
        slow: Slow,
        skip: u32,
    ) -> Option<Choice> {
        let window = cursor.1.window.clone();
        if self.no_room {
            let begun = self.pieces.partial.range(PieceIndex(window.start)..PieceIndex(window.end));
            return self.first_of(begun.copied(), peer, cursor, slow, skip);
        }
        let everything = skip > 0;
        let word = |i: usize| self.pieces.open.word(i) & if everything { !0 } else { peer.word(i) };
        self.first_of(scan(window, word), peer, cursor, slow, skip)
    }

    /// A block of the first of these open pieces, ascending, that the peer is not too slow for.
    fn first_of(
        &self,
        pieces: impl Iterator<Item = PieceIndex>,
        peer: &Peer,
        (index, cursor): (usize, &Cursor),
        slow: Slow,
        mut skip: u32,
    ) -> Option<Choice> {
        let everything = skip > 0;
        let mut under_way = None;
        for piece in pieces {
            let skipped = skip;
            if cursor.blocking == Some(piece) || cursor.index.contains(&piece) {
                continue;
            }
            let started = || self.pieces.active.contains_key(&piece);
            let Some(nth) = self.reach(peer, piece, slow, &mut skip) else {
                if started() && self.fits(peer, piece) {
                    let last = self.pieces.unrequested(piece).saturating_sub(1);
                    under_way = Some((piece, last));
                }
                continue;
            };
            let long = self.pieces.geometry.piece_length() > SMALL_PIECE;
            let far = everything && skipped > 0 && long && !started();
            let (piece, nth) = under_way.filter(|_| far).unwrap_or((piece, nth));
            return Some(Choice { piece, nth, cursor: Some(index), blocking: false });
        }
        None
    }

    /// Which of the piece's unrequested blocks comes after `skip` others; `None` when the peer can't
    /// be asked for it or those that can bring it are done with it by then.
    fn reach(&self, peer: &Peer, piece: PieceIndex, slow: Slow, skip: &mut u32) -> Option<u32> {
        let fits = self.fits(peer, piece);
        if *skip == 0 {
            return fits.then_some(0);
        }
        let unrequested = self.pieces.unrequested(piece);
        if fits {
            let precede = self.precede(peer, piece, slow, *skip);
            if precede < unrequested {
                *skip = 0;
                return Some(precede);
            }
            let needed = unrequested > 0 && self.cursors.blocks_on(piece);
            if needed && !self.another_sooner(peer, piece, slow) {
                *skip = 0;
                return Some(0);
            }
        }
        *skip = skip.saturating_sub(unrequested);
        None
    }

    /// Whether somebody else who can be asked for this piece would bring a block sooner. Of those who
    /// have it one makes the start: they would wait for each other.
    fn another_sooner(&self, peer: &Peer, piece: PieceIndex, Slow { eta, now }: Slow) -> bool {
        self.peers.iter().any(|other| {
            let able = other.key != peer.key && !other.resting(now) && self.fits(other, piece);
            able && (other.eta(now, self.prior), other.key) < (eta, peer.key)
        })
    }

    /// How many of the piece's blocks those that have it bring before this peer would bring one:
    /// counted peer by peer in a small swarm, by their share of a big one.
    fn precede(&self, peer: &Peer, piece: PieceIndex, slow: Slow, skip: u32) -> u32 {
        let (have, peers) = (self.pieces.rarity.availability(piece), self.peers.len() as u32);
        if !self.pieces.trusts_all(piece) || (have < peers && peers <= SMALL_SWARM) {
            let brings = |p: &Peer| p.gives(piece) && self.pieces.trusts(piece, p.key);
            return self.done_by(slow, peer.key, brings).min(skip);
        }
        (u64::from(skip) * u64::from(have.min(peers)) / u64::from(peers.max(1))) as u32
    }

    /// Unfinished pieces before new ones, so that few are under way at once; of the new ones those
    /// where readers will begin, then the rarest.
    fn for_background(&self, peer: &Peer) -> Option<Choice> {
        if !self.background_allowed() {
            return None;
        }
        let wanted = |piece: &PieceIndex| self.pieces.wanted.get(*piece);
        let mut started = self.pieces.partial.iter().copied().filter(wanted);
        let piece = started.find(|piece| self.fits(peer, *piece)).or_else(|| self.new_for(peer))?;
        Some(Choice { piece, nth: 0, cursor: None, blocking: false })
    }

    fn new_for(&self, peer: &Peer) -> Option<PieceIndex> {
        if self.no_room {
            return None;
        }
        let pieces = &self.pieces;
        let missing = |piece: &PieceIndex| pieces.open.get(*piece) && pieces.wanted.get(*piece);
        let mut heads = pieces.heads.iter().copied().filter(missing);
        if let Some(head) = heads.find(|piece| self.fits(peer, *piece)) {
            return Some(head);
        }
        self.pieces.rarity.rarest(|piece| self.fits(peer, piece))
    }
}
