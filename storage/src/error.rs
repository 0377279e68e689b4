//! Every way storage fails.

use std::io;
use std::path::PathBuf;

use wire::InfoHash;

/// Why storage refuses or fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// No torrent of this info hash is open here.
    #[error("torrent {0} is not open")]
    NoSuchTorrent(InfoHash),
    /// The piece or byte range is past the torrent's end.
    #[error("past the end of the torrent")]
    OutOfRange,
    /// The piece is neither in memory nor on disk, and who asked does not wait for it.
    #[error("the piece is not here")]
    NotHere,
    /// The torrent was closed while the request waited.
    #[error("the torrent was closed")]
    Closed,
    /// The actor restarted while the request waited; ask again.
    #[error("storage restarted; ask again")]
    Restarted,
    /// A file that should hold the data is not there.
    #[error("{path} is missing", path = .0.display())]
    Missing(PathBuf),
    /// A file ends before the data asked for.
    #[error("{path} ends before byte {wanted}", path = .path.display())]
    Short {
        /// The file.
        path: PathBuf,
        /// One past the last byte asked for, counted in the file.
        wanted: u64,
    },
    /// A path leads through a symlink, or to something that is no regular file: never touched.
    #[error("{path} is not a plain file below the download folder", path = .0.display())]
    Unsafe(PathBuf),
    /// The operating system said no.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// What is queued could not be written or synced; it is kept and tried again.
    #[error("can't write: {0}")]
    WriteFailed(String),
    /// Another process has the catalogue open.
    #[error("another instance uses {dir}; stop it or choose another --data-dir", dir = .0.display())]
    InUse(PathBuf),
    /// The catalogue was written by a newer version.
    #[error("the catalogue in {dir} has schema {found}, newer than {known}", dir = .dir.display())]
    NewerSchema {
        /// The data folder.
        dir: PathBuf,
        /// Version found.
        found: u32,
        /// Newest version known here.
        known: u32,
    },
    /// The catalogue's database failed.
    #[error("catalogue: {0}")]
    Catalogue(String),
}

impl StorageError {
    pub(crate) fn io(path: impl Into<PathBuf>, source: impl Into<io::Error>) -> Self {
        Self::Io { path: path.into(), source: source.into() }
    }
}
