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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitReason {
    /// No connected peer has the piece.
    NobodyHasIt,
    /// Every peer that has the piece chokes us.
    Choked,
    /// Memory for the piece was refused.
    NoMemory,
    /// All blocks are here; the hash is being computed.
    Verifying,
    /// The picker is paused.
    Paused,
    /// It is asked for, or about to be, and takes its time.
    Slow,
}

impl WaitReason {
    /// The reason in a few words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NobodyHasIt => "no connected peer has the piece",
            Self::Choked => "every peer that has the piece chokes us",
            Self::NoMemory => "no memory for the piece",
            Self::Verifying => "the piece is being verified",
            Self::Paused => "paused",
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

/// One unfinished piece.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActivePiece {
    /// Which.
    pub piece: PieceIndex,
    /// Blocks in it.
    pub blocks: u32,
    /// Blocks that arrived.
    pub arrived: u32,
    /// Missing blocks that are asked of somebody.
    pub requested: u32,
    /// All blocks are here; the hash is being computed.
    pub verifying: bool,
}
