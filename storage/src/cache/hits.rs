//! Where readers found their bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Where a stretch of a stream came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// It was in memory.
    Ram,
    /// From its file, which the kernel's page cache mostly holds.
    Disk,
    /// The reader waited for the swarm.
    Network,
}

/// Reads, and the bytes they brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Count {
    /// Stretches handed to readers, of at most 1 MiB each.
    pub reads: u64,
    /// Bytes in them.
    pub bytes: u64,
}

/// What readers found where, since the process began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Hits {
    /// In memory.
    pub ram: Count,
    /// In files.
    pub disk: Count,
    /// In the swarm: the reader waited.
    pub network: Count,
}

/// [`Hits`] being counted by every stream at once; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct HitCounters(Arc<[Counter; 3]>);

#[derive(Debug, Default)]
struct Counter {
    reads: AtomicU64,
    bytes: AtomicU64,
}

impl HitCounters {
    /// Notes a read.
    pub fn count(&self, source: Source, bytes: u64) {
        let [ram, disk, network] = &*self.0;
        let counter = match source {
            Source::Ram => ram,
            Source::Disk => disk,
            Source::Network => network,
        };
        counter.reads.fetch_add(1, Relaxed);
        counter.bytes.fetch_add(bytes, Relaxed);
    }

    /// What was counted so far.
    pub fn now(&self) -> Hits {
        let read = |counter: &Counter| Count {
            reads: counter.reads.load(Relaxed),
            bytes: counter.bytes.load(Relaxed),
        };
        let [ram, disk, network] = &*self.0;
        Hits { ram: read(ram), disk: read(disk), network: read(network) }
    }
}
