//! Why a .torrent is refused.

use crate::bencode::BencodeError;

/// Why a .torrent file, or an `info` dictionary, can't be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetainfoError {
    /// Not bencoded, or beyond the limits.
    #[error("not a torrent file: {0}")]
    Bencode(#[from] BencodeError),
    /// A key the format asks for is absent or of another type.
    #[error("not a torrent file: `{0}` missing or malformed")]
    Missing(&'static str),
    /// A key stands twice where that would leave the meaning open.
    #[error("repeated key in the torrent file")]
    Duplicate,
    /// Only BEP 52 (v2) data, which this client can't use.
    #[error("a version 2 torrent (BEP 52) without version 1 data is not supported")]
    OnlyV2,
    /// Zero, negative, or above [`crate::Geometry::MAX_PIECE_LENGTH`].
    #[error("piece length {0} is not supported")]
    PieceLength(i64),
    /// A length below zero, or a total beyond what can be counted.
    #[error("impossible file length")]
    Length,
    /// The number of piece hashes does not follow from the lengths.
    #[error("{found} piece hashes where the lengths call for {expected}")]
    Hashes {
        /// Whole hashes in `pieces`.
        found: usize,
        /// ⌈total / piece length⌉
        expected: usize,
    },
    /// No file, or none with a byte in it.
    #[error("no file with content")]
    Empty,
    /// More than [`super::MAX_FILES`].
    #[error("more than {} files", super::MAX_FILES)]
    TooManyFiles,
    /// A file with more than [`super::MAX_PATH_ELEMENTS`] folders, or a longer path than
    /// [`super::MAX_PATH_BYTES`].
    #[error("a file's path is too long")]
    PathTooLong,
}
