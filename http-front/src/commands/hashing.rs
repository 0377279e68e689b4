//! Piece hashes of files on disk, on all cores.

use std::cmp::Ordering;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use sha1::{Digest, Sha1};
use wire::metainfo::MetainfoBuilder;
use wire::metainfo::choose_piece_length;

use crate::FrontError;
use crate::commands::piece_length::PieceLength;
use crate::media::natural;

/// Files that become a torrent.
#[derive(Clone, Debug)]
pub struct Content {
    /// The torrent's name: that of the file or folder.
    pub name: String,
    /// Path elements below the folder (none for a single file), where it lies, its length.
    pub files: Vec<(Vec<String>, PathBuf, u64)>,
}

impl Content {
    /// Looks at a file, or at every file below a folder, in natural order of their paths. Links
    /// are not followed; below the folder, what is `hidden` (its name begins with a dot) is left
    /// out unless asked for.
    ///
    /// # Errors
    /// Something can't be read, has no name, or is not in UTF-8.
    pub fn of(path: &Path, hidden: bool) -> Result<Self, FrontError> {
        let path = path.canonicalize().map_err(|source| io("can't find", path, source))?;
        let name = text(path.file_name().unwrap_or_default(), &path)?;
        let data = path.symlink_metadata().map_err(|source| io("can't read", &path, source))?;
        let mut files = Vec::new();
        if data.is_file() {
            files.push((Vec::new(), path, data.len()));
        } else {
            walk(&path, hidden, &mut Vec::new(), &mut files)?;
            files.sort_by(|a, b| in_order(&a.0, &b.0));
        }
        Ok(Self { name, files })
    }

    /// Bytes of all files.
    pub fn total(&self) -> u64 {
        self.files.iter().map(|(_, _, length)| length).sum()
    }

    /// Hashes everything; `progress` counts the bytes done. The piece length is chosen by size
    /// when absent.
    ///
    /// # Errors
    /// A file can't be read or changes its length meanwhile.
    pub fn hash(
        &self,
        piece_length: Option<PieceLength>,
        progress: &AtomicU64,
    ) -> Result<MetainfoBuilder, FrontError> {
        let piece_length =
            piece_length.map_or_else(|| choose_piece_length(self.total()), PieceLength::bytes);
        let pieces = self.total().div_ceil(u64::from(piece_length)) as usize;
        let next = AtomicUsize::new(0);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let work = || self.hash_pieces(piece_length, pieces, &next, progress);
        let done = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
            let done = threads.into_iter().map(|thread| thread.join());
            done.map(|joined| joined.unwrap_or(Err(FrontError::Internal)))
                .collect::<Result<Vec<_>, _>>()
        })?;
        let mut numbered: Vec<_> = done.into_iter().flatten().collect();
        numbered.sort_unstable_by_key(|(index, _)| *index);
        Ok(MetainfoBuilder {
            name: self.name.clone(),
            files: self.files.iter().map(|(path, _, length)| (path.clone(), *length)).collect(),
            piece_length,
            piece_hashes: numbered.into_iter().map(|(_, hash)| hash).collect(),
            created_by: Some(concat!("millrace ", env!("CARGO_PKG_VERSION")).into()),
            ..MetainfoBuilder::default()
        })
    }

    /// One thread's share: pieces as they come.
    fn hash_pieces(
        &self,
        piece_length: u32,
        pieces: usize,
        next: &AtomicUsize,
        progress: &AtomicU64,
    ) -> Result<Vec<(usize, [u8; 20])>, FrontError> {
        let mut buffer = vec![0; piece_length as usize];
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Relaxed);
            if index >= pieces {
                return Ok(done);
            }
            let start = index as u64 * u64::from(piece_length);
            let length = (self.total() - start).min(u64::from(piece_length)) as usize;
            let piece = buffer.get_mut(..length).ok_or(FrontError::Internal)?;
            self.read(start, piece)?;
            done.push((index, Sha1::digest(&*piece).into()));
            progress.fetch_add(length as u64, Relaxed);
        }
    }

    /// Fills `piece` with the bytes from `start` on, across files.
    fn read(&self, start: u64, mut piece: &mut [u8]) -> Result<(), FrontError> {
        use std::os::unix::fs::FileExt;
        let mut offset = 0;
        for (_, path, length) in &self.files {
            let skip = start.saturating_sub(offset);
            offset += length;
            if skip >= *length {
                continue;
            }
            if piece.is_empty() {
                break;
            }
            let here = (length - skip).min(piece.len() as u64) as usize;
            let (now, later) = std::mem::take(&mut piece).split_at_mut(here);
            let file = File::open(path).map_err(|source| io("can't open", path, source))?;
            file.read_exact_at(now, skip).map_err(|source| io("can't read", path, source))?;
            piece = later;
        }
        Ok(())
    }
}

/// Folder by folder, as a player lists them.
fn in_order(a: &[String], b: &[String]) -> Ordering {
    let pairs = a.iter().zip(b).map(|(a, b)| natural::compare(a, b));
    pairs.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
}

fn walk(
    folder: &Path,
    hidden: bool,
    above: &mut Vec<String>,
    files: &mut Vec<(Vec<String>, PathBuf, u64)>,
) -> Result<(), FrontError> {
    let entries = folder.read_dir().map_err(|source| io("can't read", folder, source))?;
    for entry in entries {
        let entry = entry.map_err(|source| io("can't read", folder, source))?;
        let path = entry.path();
        if !hidden && entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let data = entry.metadata().map_err(|source| io("can't read", &path, source))?;
        above.push(text(&entry.file_name(), &path)?);
        if data.is_dir() {
            walk(&path, hidden, above, files)?;
        } else if data.is_file() {
            files.push((above.clone(), path, data.len()));
        }
        above.pop();
    }
    Ok(())
}

fn text(name: &std::ffi::OsStr, path: &Path) -> Result<String, FrontError> {
    let name = name.to_str().filter(|name| !name.is_empty()).map(str::to_owned);
    name.ok_or_else(|| FrontError::Config(format!("{} has no name in UTF-8", path.display())))
}

fn io(what: &str, path: &Path, source: std::io::Error) -> FrontError {
    FrontError::Io { what: format!("{what} {}", path.display()), source }
}
