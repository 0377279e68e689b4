//! What the picker hears and what it says.

use std::time::{Duration, Instant};

use storage::Claim;
use storage::cache::policy::Reach;
use wire::{Bitfield, BlockRef, ByteRange, PieceIndex};

use super::{MediaHint, WaitReason};

/// One connection of one peer; never reused within a torrent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PeerKey(pub u64);

/// What a peer can do, as its deliveries showed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Performance {
    /// Bytes a second while it owed us blocks.
    pub rate: u64,
    /// Least time from request to first byte.
    pub rtt: Duration,
}

/// What is known of a peer before it has delivered anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Prospect {
    /// Nothing: others may be faster.
    Stranger,
    /// Nothing, but there is no other address to try: what it isn't asked for, nobody brings.
    Alone,
    /// What it showed in an earlier connection.
    Shown(Performance),
}

/// One open read of the torrent's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CursorId(pub u64);

/// Where a piece's room comes from: the whole piece is reserved before its first request, so that a
/// block asked for always has room.
pub trait PieceMemory {
    /// Takes `len` bytes for `piece`; `false` when there is no room now for what it is fetched for.
    /// The picker tries again on [`Event::Room`] and [`Event::Tick`]. A verified piece keeps its
    /// room: it is the cache's then.
    fn reserve(&mut self, piece: PieceIndex, len: u32, claim: Claim) -> bool;
    /// Gives back what was reserved for `piece`, which is given up ([`Action::PieceDropped`]).
    fn release(&mut self, piece: PieceIndex);
}

/// A wait of a cursor that is over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stall {
    /// When it began.
    pub at: Instant,
    /// How long it lasted: 100 ms at least.
    pub lasted: Duration,
    /// The piece waited for.
    pub piece: PieceIndex,
    /// Its block that was missing first when it was last looked at.
    pub block: Option<u32>,
    /// Whom that block was asked of then.
    pub peers: Vec<PeerKey>,
    /// What most of the time went into.
    pub reason: WaitReason,
    /// The cursor had read nothing before: the wait for its first byte, which is no stall.
    pub first: bool,
}

/// What happened. Nothing in it is trusted: unknown peers, cursors, pieces and blocks are ignored.
#[derive(Debug)]
pub enum Event<'a> {
    /// The handshake is done. The peer chokes and has nothing until it says otherwise (BEP 3).
    PeerJoined {
        /// Its key from now on.
        peer: PeerKey,
        /// Whether both speak the fast extension (BEP 6): cancelled requests are then answered.
        fast: bool,
        /// Requests it queues at most: `reqq` of its extended handshake (BEP 10), else 250.
        reqq: u32,
        /// What is known of it beforehand.
        prospect: Prospect,
    },
    /// BITFIELD, HAVE ALL or HAVE NONE: replaces what the peer had.
    PeerBitfield {
        /// Who.
        peer: PeerKey,
        /// Every piece it has.
        have: &'a Bitfield,
    },
    /// HAVE.
    PeerHas {
        /// Who.
        peer: PeerKey,
        /// The piece it now has.
        piece: PieceIndex,
    },
    /// The connection is gone, and with it every request on it.
    PeerLeft {
        /// Who.
        peer: PeerKey,
    },
    /// CHOKE: all its requests are dropped, but under the fast extension those it rejects one by
    /// one; blocks already on their way are still used.
    Choked {
        /// Who.
        peer: PeerKey,
    },
    /// UNCHOKE.
    Unchoked {
        /// Who.
        peer: PeerKey,
    },
    /// ALLOWED FAST (BEP 6): this piece may be asked for while choked.
    AllowedFast {
        /// Who.
        peer: PeerKey,
        /// The piece.
        piece: PieceIndex,
    },
    /// REJECT REQUEST (BEP 6).
    Rejected {
        /// Who.
        peer: PeerKey,
        /// The block it won't give.
        block: BlockRef,
    },
    /// One read of a peer's socket brought these blocks, stored where they belong.
    BlocksArrived {
        /// Who.
        peer: PeerKey,
        /// The blocks, in the order they came.
        blocks: &'a [BlockRef],
        /// Payload bytes of this read, blocks not yet whole included.
        received: u64,
    },
    /// The piece's hash is right (or the piece was found on disk).
    PieceVerified {
        /// Which.
        piece: PieceIndex,
    },
    /// The piece's hash is wrong: all of its blocks are missing again. Its room stays reserved.
    PieceFailed {
        /// Which.
        piece: PieceIndex,
        /// Who may have lied, as far as the copies so far tell: it is fetched from others.
        accused: &'a [PeerKey],
    },
    /// A verified piece was evicted or lost: wanted again like any other. Of an unfinished piece:
    /// its blocks and its room are gone.
    PieceLost {
        /// Which.
        piece: PieceIndex,
    },
    /// A read begins.
    CursorOpened {
        /// Its id from now on.
        id: CursorId,
        /// The torrent's bytes still to be read.
        range: ByteRange,
        /// How far ahead of its position it may be served.
        reach: Reach,
    },
    /// A read that only looked goes on: it may be served as far as any ([`Reach::Share`]).
    CursorPromoted {
        /// Which.
        id: CursorId,
    },
    /// A read went on, or jumped: [`Self::CursorOpened`] of the same id also sets a new end.
    CursorMoved {
        /// Which.
        id: CursorId,
        /// The next byte of the torrent it will hand out.
        position: u64,
    },
    /// What the container says of the file this read is of.
    Hint {
        /// Which read.
        id: CursorId,
        /// Where in the torrent the file begins.
        file_start: u64,
        /// What it says.
        hint: &'a MediaHint,
    },
    /// A read is over.
    CursorClosed {
        /// Which.
        id: CursorId,
    },
    /// Where readers will begin: the background asks for these first. Replaces those before.
    Heads(&'a [PieceIndex]),
    /// The pieces to download without a reader; replaces the set before.
    Wanted {
        /// The set.
        background: &'a Bitfield,
    },
    /// Stop asking (`true`), go on (`false`).
    Paused(bool),
    /// Memory was refused before; now there is room.
    Room,
    /// How far ahead of its position each cursor may be served.
    Window {
        /// Bytes; at least the piece under the cursor is always asked for.
        ahead: u64,
    },
    /// About every 50 ms while [`super::Picker::wants_tick`].
    Tick,
}

/// What to do. At most one [`Self::Request`] and one [`Self::Cancel`] a peer come out of one event,
/// and a peer's cancels come before its requests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Ask for these blocks, in this order.
    Request {
        /// Whom.
        peer: PeerKey,
        /// What.
        blocks: Vec<BlockRef>,
    },
    /// Take these requests back.
    Cancel {
        /// Whose.
        peer: PeerKey,
        /// Which.
        blocks: Vec<BlockRef>,
    },
    /// INTERESTED or NOT INTERESTED.
    Interested {
        /// Whom to tell.
        peer: PeerKey,
        /// Which of the two.
        interested: bool,
    },
    /// The first block of a piece is about to be asked for; its room is reserved.
    PieceStarted {
        /// Which.
        piece: PieceIndex,
    },
    /// An unfinished piece is given up: its blocks may go, its room was released.
    PieceDropped {
        /// Which.
        piece: PieceIndex,
    },
    /// Room for a piece was refused. Said once for each claim, the lesser first, until the next
    /// [`Event::Room`] or successful reservation.
    NeedMemory {
        /// What is missing.
        bytes: u64,
        /// What for.
        claim: Claim,
    },
    /// A wait of 100 ms or more is over.
    Waited {
        /// Whose.
        cursor: CursorId,
        /// What it was.
        stall: Stall,
    },
    /// A cursor waits on blocks of this peer, or its queue is short while there is one (or no longer):
    /// re-arm TCP_QUICKACK on its reads.
    BlockingOn {
        /// Whom.
        peer: PeerKey,
        /// Whether to re-arm it.
        quickack: bool,
    },
}
