//! How full the disk is.

use std::sync::Arc;

use wire::InfoHash;

use crate::disk::files::Files;

/// Answer to [`crate::disk::actor::Usage`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DiskUsage {
    /// Bytes verified and not yet written.
    pub queued: u64,
    /// Bytes each open torrent's files take up: blocks on disk, holes not counted.
    pub torrents: Vec<(InfoHash, u64)>,
    /// Bytes free for us where the first open torrent lies; `None` with no torrent open.
    pub free: Option<u64>,
}

/// Blocks.
pub(crate) fn measure(queued: u64, files: &[(InfoHash, Arc<Files>)]) -> DiskUsage {
    let torrents = files.iter().map(|(info_hash, files)| (*info_hash, files.allocated()));
    // The root may not be made yet: its nearest folder that is there tells.
    let first = files.first().map(|(_, files)| files.layout().root());
    let stat = first.and_then(|root| root.ancestors().find_map(|d| rustix::fs::statvfs(d).ok()));
    DiskUsage {
        queued,
        torrents: torrents.collect(),
        free: stat.map(|s| s.f_bavail.saturating_mul(s.f_frsize)),
    }
}
