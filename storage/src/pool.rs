//! Reused buffers: blocks and disk reads are copied into them and go out as [`Bytes`].

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use wire::BLOCK_LEN;

/// Buffers of one size that come back when the last [`Bytes`] over them is dropped; cheap to clone.
///
/// At most `keep` idle buffers are held, the rest goes back to the allocator. The lock is held for
/// a push or a pop only, never while bytes are copied.
#[derive(Clone, Debug)]
pub struct BufferPool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    idle: Mutex<Vec<Vec<u8>>>,
    /// Bound of `idle`.
    keep: usize,
    /// Capacity of every buffer; larger wishes are served from the allocator and not kept.
    size: usize,
}

impl BufferPool {
    /// Buffers of `size` bytes, of which up to `keep` stay allocated while nobody uses them.
    pub fn new(size: usize, keep: usize) -> Self {
        Self(Arc::new(Inner { idle: Mutex::new(Vec::with_capacity(keep)), keep, size }))
    }

    /// Holds `count` idle buffers, or as many as are kept, whose memory the system has handed out:
    /// the first to be used don't wait for it.
    pub fn warm(&self, count: usize) {
        let Ok(mut idle) = self.0.idle.lock() else { return };
        while idle.len() < count.min(self.0.keep) {
            // The system hands out zeros without memory behind them.
            idle.push(vec![1; self.0.size]);
        }
    }

    /// A copy of `data`.
    pub fn copy(&self, data: &[u8]) -> Bytes {
        let mut buffer = self.take();
        buffer.bytes.clear();
        buffer.bytes.extend_from_slice(data);
        buffer.freeze()
    }

    /// A buffer to read `len` bytes into; its content is unspecified but initialised.
    pub fn buffer(&self, len: usize) -> PooledBuffer {
        let mut buffer = self.take();
        buffer.bytes.resize(len, 0);
        buffer
    }

    /// Idle buffers held now.
    pub fn idle(&self) -> usize {
        self.0.idle.lock().map_or(0, |idle| idle.len())
    }

    fn take(&self) -> PooledBuffer {
        let reused = self.0.idle.lock().ok().and_then(|mut idle| idle.pop());
        PooledBuffer {
            bytes: reused.unwrap_or_else(|| Vec::with_capacity(self.0.size)),
            pool: self.0.clone(),
        }
    }
}

/// A buffer of a [`BufferPool`], on loan.
#[derive(Debug)]
pub struct PooledBuffer {
    bytes: Vec<u8>,
    pool: Arc<Inner>,
}

impl PooledBuffer {
    /// To read into.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// As shared bytes; the buffer goes back when the last clone or slice of them is dropped.
    pub fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for PooledBuffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for PooledBuffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes.capacity() != self.pool.size {
            return;
        }
        if let Ok(mut idle) = self.pool.idle.lock()
            && idle.len() < self.pool.keep
        {
            idle.push(bytes);
        }
    }
}

/// A [`BufferPool`] of 16 KiB buffers, one a block.
#[derive(Clone, Debug)]
pub struct BlockPool(BufferPool);

impl BlockPool {
    /// Keeps up to `keep` idle blocks (16 KiB each).
    pub fn new(keep: usize) -> Self {
        Self(BufferPool::new(BLOCK_LEN as usize, keep))
    }

    /// A copy of a block's data: the one user-space copy on its way from socket to reader.
    pub fn copy(&self, block: &[u8]) -> Bytes {
        self.0.copy(block)
    }

    /// Holds `count` idle blocks, or as many as are kept: see [`BufferPool::warm`].
    pub fn warm(self, count: usize) -> Self {
        self.0.warm(count);
        self
    }

    /// Idle blocks held now.
    pub fn idle(&self) -> usize {
        self.0.idle()
    }
}

impl Default for BlockPool {
    /// 1 MiB of idle blocks.
    fn default() -> Self {
        Self::new(64)
    }
}
