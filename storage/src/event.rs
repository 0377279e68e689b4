//! What cache and disk tell a torrent.

use wire::{Bitfield, InfoHash, PieceIndex};

use crate::verify::BlockDigest;

/// News of a torrent's pieces, from cache and disk. At most a few per piece or per request of the
/// torrent's own, so the torrent's requests bound them.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PieceEvent {
    /// The hash matched; readers were woken; it is on its way to disk.
    Verified {
        /// Which.
        piece: PieceIndex,
    },
    /// The hash did not match; the bytes are gone and the piece is to be fetched again.
    Failed {
        /// Which.
        piece: PieceIndex,
        /// What each block hashed to, to find the liar later; empty when nobody is to blame.
        blocks: Vec<BlockDigest>,
    },
    /// A piece that is not on disk left memory (memory-only mode): it is to be fetched again when
    /// wanted.
    Evicted {
        /// Which.
        piece: PieceIndex,
    },
    /// Its cursors' share of memory changed: what each may have ahead of it.
    Window {
        /// Bytes from a cursor's position on.
        ahead: u64,
    },
    /// Room came back after [`crate::cache::actor::Reclaim`]: try to reserve again.
    Room,
    /// The cache restarted: pieces verified but not [`Self::Written`] are lost unless `Written`
    /// still comes; they are to be fetched again. Who waited for [`Self::Room`] asks again.
    CacheRestarted,
    /// It is in its files, though not yet safe from a power cut.
    Written {
        /// Which.
        piece: PieceIndex,
    },
    /// These are on stable storage: their have-bits may be saved (hostile row 54).
    Synced {
        /// Which, ascending.
        pieces: Vec<PieceIndex>,
    },
    /// Checking goes on.
    Checking {
        /// Pieces done.
        done: u32,
        /// Pieces to do.
        total: u32,
    },
    /// Checking is over.
    Checked {
        /// Of the pieces asked about, those whose hash matched.
        have: Bitfield,
    },
    /// Writing fails (hostile row 53): pieces are kept and tried again until it works.
    DiskFailed {
        /// What the operating system said, and about which file.
        reason: String,
    },
    /// Writing works again.
    DiskRecovered,
}

/// What [`crate::disk`] tells whoever handed it a piece: it is in its files now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The piece.
    pub piece: PieceIndex,
}
