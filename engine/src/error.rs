//! Why the engine refuses or fails.

use wire::InfoHash;

/// Every way the engine says no.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// No torrent of this info hash.
    #[error("no torrent {0}; add it first with POST /api/torrents")]
    NoSuchTorrent(InfoHash),
    /// The index is past the torrent's last file.
    #[error("torrent {info_hash} has {files} files; indices start at 0")]
    NoSuchFile {
        /// The torrent asked about.
        info_hash: InfoHash,
        /// How many it has.
        files: usize,
    },
    /// The torrent's metadata is not known yet.
    #[error("the metadata of {0} is not known yet; wait until peers have sent it")]
    NoMetadata(InfoHash),
    /// No peer was found that could send the metadata.
    #[error("no peer to fetch the metadata from: {0}")]
    NoPeers(String),
    /// There are peers, but none has sent the metadata.
    #[error("none of {peers} connected peers has sent the metadata in time")]
    MetadataTimeout {
        /// How many peers were asked.
        peers: usize,
    },
    /// The torrent is in error.
    #[error("{0}")]
    Failed(String),
    /// The torrent is being removed, or the server stops.
    #[error("the stream was ended: {0}")]
    Ended(String),
    /// Piece memory is promised to others, or too small for this torrent's pieces.
    #[error(
        "a stream of this torrent needs {needed} bytes of piece memory, of which {capacity} are shared by all; end another stream or raise ram_buffer_mb"
    )]
    NoMemory {
        /// Bytes it can't do without.
        needed: u64,
        /// Bytes there are for all streams.
        capacity: u64,
    },
    /// The disk or the catalogue failed.
    #[error("storage: {0}")]
    Storage(String),
    /// No port for peers, or the listener failed.
    #[error("{0}")]
    Network(String),
    /// An actor is restarting and did not answer in time.
    #[error("the engine is starting or busy; try again")]
    Unavailable,
}

impl From<storage::StorageError> for EngineError {
    fn from(error: storage::StorageError) -> Self {
        Self::Storage(error.to_string())
    }
}
