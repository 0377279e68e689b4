//! What the picker tells of itself, for status pages and debugging.

use std::time::Duration;

use wire::{BlockRef, PieceIndex};

use super::{CursorId, PeerKey};

/// One peer as the picker sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct PeerEstimate {
    /// Which.
    pub peer: PeerKey,
    /// Bytes a second it gives while it owes us blocks; `None` before its first blocks.
    pub rate: Option<u64>,
    /// Least time from request to first byte seen on an idle connection.
    pub rtt: Option<Duration>,
    /// Requests outstanding.
    pub queue: u32,
    /// Requests it may have outstanding now.
    pub depth: u32,
    /// Whether it chokes us.
    pub choked: bool,
    /// Whether it went silent while it owed us blocks.
    pub snubbed: bool,
    /// Pieces it has.
    pub have: u32,
}

/// Why a cursor waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum WaitReason {
    /// No connected peer has the piece.
    NobodyHasIt,
    /// Every peer that has the piece chokes us.
    Choked,
    /// Memory for the piece was refused.
    NoMemory,
    /// Its hash was wrong: it is fetched again.
    HashFailed,
    /// All blocks are here; the hash is being computed.
    Verifying,
    /// The picker is paused.
    Paused,
    /// It is verified and being read from the disk.
    Disk,
    /// It is asked for, or about to be, and takes its time.
    Slow,
}

impl WaitReason {
    /// Every reason, in the order of the numbers they stand for.
    pub const ALL: [Self; 8] = [
        Self::NobodyHasIt,
        Self::Choked,
        Self::NoMemory,
        Self::HashFailed,
        Self::Verifying,
        Self::Paused,
        Self::Disk,
        Self::Slow,
    ];

    /// Its name where reasons are counted.
    pub fn slug(self) -> &'static str {
        match self {
            Self::NobodyHasIt => "nobody_has_it",
            Self::Choked => "choked",
            Self::NoMemory => "no_memory",
            Self::HashFailed => "hash_failed",
            Self::Verifying => "verifying",
            Self::Paused => "paused",
            Self::Disk => "disk",
            Self::Slow => "slow",
        }
    }

    /// The reason in a few words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NobodyHasIt => "no connected peer has the piece",
            Self::Choked => "every peer that has the piece chokes us",
            Self::NoMemory => "no memory for the piece",
            Self::HashFailed => "its hash was wrong, it is fetched again",
            Self::Verifying => "the piece is being verified",
            Self::Paused => "paused",
            Self::Disk => "the disk is reading the piece",
            Self::Slow => "waiting for blocks",
        }
    }
}

/// What a cursor waits for.
#[derive(Clone, PartialEq, Debug)]
pub struct CursorWait {
    /// The piece under the cursor.
    pub piece: PieceIndex,
    /// Its first missing block; `None` when all have arrived.
    pub block: Option<BlockRef>,
    /// The peers that block is asked of.
    pub peers: Vec<PeerKey>,
    /// Why it is not there yet.
    pub reason: WaitReason,
}

/// One cursor as the picker sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct CursorState {
    /// Which.
    pub id: CursorId,
    /// The next byte of the torrent to be handed out.
    pub position: u64,
    /// Bytes a second it reads, over about 5 s.
    pub rate: u64,
    /// Bytes a second its file is played at there, as the container says; 0 when unknown.
    pub bitrate: u64,
    /// Verified bytes in a row from `position`.
    pub buffered: u64,
    /// The bytes it may be served: `position` to this one.
    pub window_end: u64,
    /// What it waits for; `None` while the piece under it is verified.
    pub waits: Option<CursorWait>,
}

/// Where a block of an unfinished piece is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlockState {
    /// Nobody is asked for it.
    Missing,
    /// Somebody is.
    Asked,
    /// It is here.
    Here,
}

/// One unfinished piece.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActivePiece {
    /// Which.
    pub piece: PieceIndex,
    /// Blocks in it.
    pub blocks: u32,
    /// Each of its blocks.
    pub states: Vec<BlockState>,
    /// Blocks that arrived.
    pub arrived: u32,
    /// Missing blocks that are asked of somebody.
    pub requested: u32,
    /// All blocks are here; the hash is being computed.
    pub verifying: bool,
}
