//! Where a probe's bytes come from.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use wire::ByteRange;

/// A file of known length whose bytes can be had by range: on a disk, behind a URL, or in a
/// torrent that is still coming down. One `read` is one thing wanted, whole: a torrent may take
/// its range as the order in which to fetch.
pub trait Source: Send + Sync {
    /// The file's length in bytes.
    fn len(&self) -> u64;

    /// The bytes of `range`, which lies inside the file. Fewer bytes are an error of the source.
    fn read(&self, range: ByteRange) -> impl Future<Output = io::Result<Bytes>> + Send;

    /// Whether the file holds no byte.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A file of this machine, read with `pread` on a blocking thread.
#[derive(Debug, Clone)]
pub struct FileSource {
    file: Arc<File>,
    len: u64,
}

impl FileSource {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// What the system says, or `InvalidInput` for anything that is not a regular file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        if !metadata.is_file() {
            let text = "not a regular file";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        Ok(Self { file: Arc::new(file), len })
    }
}

impl Source for FileSource {
    fn len(&self) -> u64 {
        self.len
    }

    async fn read(&self, range: ByteRange) -> io::Result<Bytes> {
        let file = Arc::clone(&self.file);
        let read = move || {
            let len = usize::try_from(range.len()).map_err(io::Error::other)?;
            let mut buffer = vec![0; len];
            file.read_exact_at(&mut buffer, range.start)?;
            Ok(Bytes::from(buffer))
        };
        tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
    }
}

/// A file that is in memory.
impl Source for Bytes {
    fn len(&self) -> u64 {
        self.as_ref().len() as u64
    }

    async fn read(&self, range: ByteRange) -> io::Result<Bytes> {
        let start = usize::try_from(range.start).map_err(io::Error::other)?;
        let end = usize::try_from(range.end).map_err(io::Error::other)?;
        if end > self.as_ref().len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(self.slice(start..end))
    }
}
