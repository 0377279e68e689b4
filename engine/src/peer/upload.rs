//! Serving a block: from memory or from disk, past every mailbox but the cache's.

use bytes::Bytes;
use storage::cache::Found;
use storage::{DiskReader, StorageError};
use wire::{BlockRequest, ByteRange, Geometry};

/// The bytes a peer asked for, in one or more runs, from a piece the cache found.
pub(crate) async fn read_block(
    found: Found,
    request: BlockRequest,
    geometry: Geometry,
    disk: &DiskReader,
) -> Result<Vec<Bytes>, StorageError> {
    match found {
        Found::Resident(piece) => {
            let end = request.begin.saturating_add(request.length);
            Ok(piece.slices(request.begin..end).collect())
        }
        Found::OnDisk { .. } => {
            let start = geometry.piece_start(request.piece) + u64::from(request.begin);
            let range = ByteRange::new(start, start + u64::from(request.length));
            disk.read(range).await.map(|bytes| vec![bytes])
        }
    }
}
