//! How full the disk is.

use std::path::Path;
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
    /// Bytes free for us where was asked; 0 if that can't be told.
    pub free: u64,
}

/// Blocks.
pub(crate) fn measure(queued: u64, files: &[(InfoHash, Arc<Files>)], root: &Path) -> DiskUsage {
    let torrents = files.iter().map(|(info_hash, files)| (*info_hash, files.allocated()));
    // The root may not be made yet: its nearest folder that is there tells.
    let stat = root.ancestors().find_map(|folder| {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        rustix::fs::statvfs(folder).ok()
    });
    DiskUsage {
        queued,
        torrents: torrents.collect(),
        free: stat.map_or(0, |s| s.f_bavail.saturating_mul(s.f_frsize)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that has no torrent yet said that its disk was full.
    #[test]
    fn a_folder_still_to_be_made_has_its_disk_s_room() {
        for root in ["/no/such/folder", "no/such/folder"] {
            assert!(measure(0, &[], Path::new(root)).free > 0, "{root}");
        }
    }
}
