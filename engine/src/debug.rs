//! A torrent from inside: plain values for whoever looks for a cause.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use wire::{Bitfield, ByteRange, PieceIndex};

use crate::picker::{BlockState, WaitReason};
use crate::torrent::accounts::kind::Kind;

/// One torrent from inside.
#[derive(Clone, Debug)]
pub struct TorrentDebug {
    /// Open reads.
    pub cursors: Vec<CursorDebug>,
    /// Verified pieces.
    pub have: Bitfield,
    /// Unfinished pieces.
    pub active: Vec<ActiveDebug>,
    /// Connected peers.
    pub peers: Vec<PeerDebug>,
}

/// One open read.
#[derive(Clone, Debug)]
pub struct CursorDebug {
    /// Unique in the process.
    pub id: u64,
    /// Groups the connections of one viewer; empty where nobody watches.
    pub viewer: String,
    /// The file's number in the API.
    pub file_index: usize,
    /// What it is for.
    pub kind: Kind,
    /// How often its viewer had jumped in the file when it began.
    pub seeks: u32,
    /// The next byte of the file to go out.
    pub byte: u64,
    /// Bytes a second it reads, over about 5 s.
    pub rate: u64,
    /// Bits a second its file is played at there, when that is known.
    pub bitrate: Option<u64>,
    /// The file's bytes that may be asked for it.
    pub window: ByteRange,
    /// How long the verified bytes ahead of it last; `None` while nothing is known of its speed.
    pub buffered: Option<Duration>,
    /// What it waited for, the oldest first, and what it waits for; the last 64.
    pub stalls: Vec<StallDebug>,
}

/// A wait of 100 ms or more.
#[derive(Clone, Debug)]
pub struct StallDebug {
    /// When it began.
    pub at: SystemTime,
    /// How long it lasted, or has lasted.
    pub lasted: Duration,
    /// The piece waited for.
    pub piece: PieceIndex,
    /// Its first missing block.
    pub block: Option<u32>,
    /// Whom that was asked of, of those who are still here.
    pub peers: Vec<SocketAddr>,
    /// What most of the time went into.
    pub reason: WaitReason,
}

/// An unfinished piece.
#[derive(Clone, Debug)]
pub struct ActiveDebug {
    /// Which.
    pub piece: PieceIndex,
    /// Each of its blocks.
    pub blocks: Vec<BlockState>,
    /// When it is expected; `None` while nobody is asked for some block.
    pub eta: Option<Duration>,
}

/// A connected peer.
#[derive(Clone, Debug)]
pub struct PeerDebug {
    /// The other end of the connection.
    pub address: SocketAddr,
    /// Who told of it: `user`, `incoming`, `earlier`, `tracker`, `dht` or `pex`.
    pub source: &'static str,
    /// What its peer id says it runs.
    pub client: String,
    /// Bytes a second from it and to it, over about five seconds.
    pub rates: (u64, u64),
    /// Least time from request to first byte.
    pub rtt: Option<Duration>,
    /// Requests outstanding.
    pub queue: u32,
    /// Whether it chokes us; `None` while we want nothing of it.
    pub choked: Option<bool>,
    /// Whether it went silent while it owed us blocks.
    pub snubbed: bool,
    /// Pieces it has; `None` while we want nothing of it.
    pub have: Option<u32>,
}
