//! Serving a block: from memory or from disk, past every mailbox but the cache's.

use bytes::Bytes;
use storage::cache::Found;
use storage::{DiskReader, StorageError};
use wire::{BlockRequest, ByteRange, Geometry};

use crate::limits::TorrentLimits;

/// The bytes a peer asked for, in one or more runs, from a piece the cache found. Reads from disk
/// take turns, so that they do not stand in the way of streams.
pub(crate) async fn read_block(
    found: Found,
    request: BlockRequest,
    geometry: Geometry,
    disk: &DiskReader,
    limits: &TorrentLimits,
) -> Result<Vec<Bytes>, StorageError> {
    match found {
        Found::Resident(piece) | Found::Arrived(piece) => {
            let end = request.begin.saturating_add(request.length);
            Ok(piece.slices(request.begin..end).collect())
        }
        Found::OnDisk { .. } => {
            let start = geometry.piece_start(request.piece) + u64::from(request.begin);
            let range = ByteRange::new(start, start + u64::from(request.length));
            let _turn = limits.upload_read().await;
            disk.read(range).await.map(|bytes| vec![bytes])
        }
    }
}
