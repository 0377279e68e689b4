//! Each file of a torrent probed once, however many ask.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;
use wire::InfoHash;

use super::{MediaInfo, ProbeError};

/// Files remembered; of a long film the index takes about 200 KiB.
const MAX_FILES: usize = 64;

/// A file of a torrent.
pub type FileId = (InfoHash, usize);

type Cell = Arc<OnceCell<Arc<MediaInfo>>>;

/// What probes told, the most recently asked for last. A lock of the front alone, held for a look
/// through the list.
#[derive(Default)]
pub struct Probed {
    files: Mutex<VecDeque<(FileId, Cell)>>,
}

impl Probed {
    /// What `probe` tells of `file`, or told before; who asks meanwhile waits for the same probe.
    /// A failure is not remembered.
    ///
    /// # Errors
    /// What the probe says.
    pub async fn get<P>(&self, file: FileId, probe: P) -> Result<Arc<MediaInfo>, ProbeError>
    where
        P: AsyncFnOnce() -> Result<MediaInfo, ProbeError>,
    {
        let cell = self.cell(file);
        cell.get_or_try_init(async || probe().await.map(Arc::new)).await.cloned()
    }

    fn cell(&self, file: FileId) -> Cell {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let known = files.iter().position(|(known, _)| *known == file);
        let cell = known.and_then(|at| files.remove(at)).map(|(_, cell)| cell).unwrap_or_default();
        files.push_back((file, Arc::clone(&cell)));
        if files.len() > MAX_FILES {
            files.pop_front();
        }
        cell
    }
}
