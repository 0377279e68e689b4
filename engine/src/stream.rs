//! A cursor in, verified `Bytes` out.

use bytes::Bytes;
use wire::{ByteRange, InfoHash};

use crate::EngineError;
use crate::view::StreamLabel;

/// Which bytes to read, and who reads them.
#[derive(Clone, Debug)]
pub struct OpenStream {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The listed file's number.
    pub file_index: usize,
    /// Bytes of the file; clamped to its length.
    pub range: ByteRange,
    /// Carried through to [`crate::view::StreamView`].
    pub label: StreamLabel,
}

/// A running read of one range of one file; dropping it ends its cursor and cancels its requests.
pub struct FileStream {}

#[allow(clippy::todo, missing_docs)]
impl FileStream {
    /// The next bytes in order, verified; `None` after the range's last. Waits for pieces not yet
    /// there, as long as it takes.
    ///
    /// # Errors
    /// [`EngineError::Ended`] when the torrent is removed or the server stops.
    pub async fn next(&mut self) -> Option<Result<Bytes, EngineError>> {
        todo!()
    }
}
