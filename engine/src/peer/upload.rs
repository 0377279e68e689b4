//! Serving a block: from memory or from disk, past every mailbox but the cache's.

use bytes::Bytes;
use storage::cache::Found;
use storage::{Budget, StorageError};
use wire::{BlockRequest, ByteRange};

use super::actor::SessionContent;
use crate::limits::TorrentLimits;

/// The bytes a peer asked for, in one or more runs, from a piece the cache found. Reads from disk
/// take turns and wait for room in the budget, which they have until they are sent: so they do not
/// stand in the way of streams.
pub(crate) async fn read_block(
    found: Found,
    request: BlockRequest,
    content: &SessionContent,
    limits: &TorrentLimits,
    budget: &Budget,
) -> Result<Vec<Bytes>, StorageError> {
    match found {
        Found::Resident(piece) | Found::Arrived(piece) => {
            let end = request.begin.saturating_add(request.length);
            Ok(piece.slices(request.begin..end).collect())
        }
        Found::OnDisk { .. } => {
            let start = content.geometry.piece_start(request.piece) + u64::from(request.begin);
            let range = ByteRange::new(start, start + u64::from(request.length));
            let _turn = limits.upload_read().await;
            let room = budget.reserve_upload(request.length).await;
            content.disk.read(range).await.map(|bytes| vec![room.charge(bytes)])
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::pin::pin;
    use std::sync::Arc;

    use futures_util::FutureExt;
    use storage::reader::ReadLane;
    use storage::{DiskReader, Layout};
    use wire::{FileEntry, Geometry, Info, PieceIndex};

    use super::*;
    use crate::limits::Limits;

    const PIECE: u32 = 64 * 1024;

    /// A torrent of one piece of padding, which is there without a file.
    fn padding() -> SessionContent {
        let geometry = Geometry::new(PIECE, u64::from(PIECE)).unwrap();
        let file = FileEntry {
            path: PathBuf::from("pad"),
            original: "pad".into(),
            offset: 0,
            length: geometry.total(),
            pad: true,
            symlink: false,
        };
        let info = Info {
            name: "padding".into(),
            geometry,
            piece_hashes: vec![[0; 20]],
            files: vec![file],
            private: false,
            multi_file: true,
        };
        let layout = Arc::new(Layout::new(&info, "nowhere"));
        let disk = DiskReader::new(layout, ReadLane::default());
        SessionContent { geometry, disk, metadata: Bytes::new(), private: false }
    }

    #[tokio::test]
    async fn a_block_from_disk_has_room_in_the_budget_from_its_read_until_it_is_sent() {
        let (content, budget) = (padding(), Budget::new(u64::from(8 * PIECE)));
        let limits = Limits::new(&tokio::runtime::Handle::current()).torrent();
        let found = || Found::OnDisk { pieces: 1 };
        let request = BlockRequest { piece: PieceIndex(0), begin: 0, length: PIECE };
        let read = || read_block(found(), request, &content, &limits, &budget);

        let sending = read().await.unwrap();
        assert_eq!(budget.uploads(), u64::from(PIECE));
        let mut next = pin!(read());
        assert!(next.as_mut().now_or_never().is_none(), "all that uploads may have is being sent");
        drop(sending);
        assert_eq!(next.await.unwrap().concat(), vec![0; PIECE as usize]);
        assert_eq!(budget.used(), 0);
    }
}
