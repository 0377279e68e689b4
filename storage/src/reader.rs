//! Reads of what is on disk, past every mailbox.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;
use wire::{BLOCK_LEN, ByteRange};

use crate::disk::beneath::Access;
use crate::disk::files::Files;
use crate::error::StorageError;
use crate::layout::Layout;
use crate::pool::{BufferPool, PooledBuffer};

/// What all readers of the process share: permits to read at the same time, and buffers.
#[derive(Clone, Debug)]
pub struct ReadLane {
    permits: Arc<Semaphore>,
    /// Of [`DiskReader::MAX_READ`] bytes.
    pool: BufferPool,
    /// Of a block, for who reads little: a buffer takes what it can hold, whatever is charged.
    blocks: BufferPool,
}

impl ReadLane {
    /// At most `readers` reads at a time; as many buffers are kept, of [`DiskReader::MAX_READ`]
    /// bytes each and of a block each. What is read is the caller's to charge to the budget.
    pub fn new(readers: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(readers)),
            pool: BufferPool::new(DiskReader::MAX_READ as usize, readers),
            blocks: BufferPool::new(BLOCK_LEN as usize, readers),
        }
    }

    fn buffer(&self, len: usize) -> PooledBuffer {
        let few = len as u64 <= DiskReader::MAX_READ / 2;
        if few { self.blocks.buffer(len) } else { self.pool.buffer(len) }
    }
}

impl Default for ReadLane {
    /// Four at a time.
    fn default() -> Self {
        Self::new(4)
    }
}

/// Reads a torrent's bytes from its files; cheap to clone, usable from any task of a tokio runtime.
#[derive(Clone, Debug)]
pub struct DiskReader {
    files: Arc<Files>,
    lane: ReadLane,
}

impl DiskReader {
    /// The most one [`Self::read`] gives: 256 KiB.
    pub const MAX_READ: u64 = 256 * 1024;

    /// A reader of the files of `layout`.
    pub fn new(layout: Arc<Layout>, lane: ReadLane) -> Self {
        Self { files: Arc::new(Files::new(layout, Access::Read)), lane }
    }

    /// The files it reads.
    pub fn layout(&self) -> &Layout {
        self.files.layout()
    }

    /// The first [`Self::MAX_READ`] bytes of `range` (torrent bytes), or all of it when it is
    /// shorter. What the page cache has is copied here, faster than another thread wakes; for the
    /// rest it waits for a permit, then reads on a blocking thread. What is read is what is on disk:
    /// ask only for pieces known to be verified there.
    ///
    /// # Errors
    /// [`StorageError::Missing`], [`StorageError::Short`], [`StorageError::Unsafe`],
    /// [`StorageError::OutOfRange`], [`StorageError::Io`]; [`StorageError::Closed`] once the
    /// torrent was deleted or the runtime stops.
    pub async fn read(&self, range: ByteRange) -> Result<Bytes, StorageError> {
        let len = range.len().min(Self::MAX_READ) as usize;
        let mut buffer = self.lane.buffer(len);
        let cached = self.files.read_cached(range.start, buffer.as_mut_slice());
        if cached == len {
            return Ok(buffer.freeze());
        }
        let permits = Arc::clone(&self.lane.permits);
        let permit = permits.acquire_owned().await;
        let permit = permit.map_err(|_| StorageError::Closed)?;
        let files = Arc::clone(&self.files);
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let rest = buffer.as_mut_slice().get_mut(cached..).unwrap_or_default();
            files.read(range.start + cached as u64, rest)?;
            Ok(buffer.freeze())
        })
        .await
        .map_err(|_| StorageError::Closed)?
    }

    pub(crate) fn files(&self) -> &Arc<Files> {
        &self.files
    }
}
