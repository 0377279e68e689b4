//! Piece hashes of files on disk, on all cores.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use sha1::{Digest, Sha1};
use wire::metainfo::MetainfoBuilder;
use wire::metainfo::choose_piece_length;

use crate::FrontError;

/// Files that become a torrent.
#[derive(Clone, Debug)]
pub struct Content {
    /// The torrent's name: that of the file or folder.
    pub name: String,
    /// Path elements below the folder (none for a single file), where it lies, its length.
    pub files: Vec<(Vec<String>, PathBuf, u64)>,
}

impl Content {
    /// Looks at a file, or at every file below a folder, in the order of their paths. Links are
    /// not followed.
    ///
    /// # Errors
    /// Something can't be read, has no name, or is not in UTF-8.
    pub fn of(path: &Path) -> Result<Self, FrontError> {
        let path = path.canonicalize().map_err(|source| io("can't find", path, source))?;
        let name = text(path.file_name().unwrap_or_default(), &path)?;
        let data = path.symlink_metadata().map_err(|source| io("can't read", &path, source))?;
        let mut files = Vec::new();
        if data.is_file() {
            files.push((Vec::new(), path, data.len()));
        } else {
            walk(&path, &mut Vec::new(), &mut files)?;
            files.sort_by(|a, b| a.0.cmp(&b.0));
        }
        Ok(Self { name, files })
    }

    /// Bytes of all files.
    pub fn total(&self) -> u64 {
        self.files.iter().map(|(_, _, length)| length).sum()
    }

    /// Hashes everything; `progress` counts the bytes done. `piece_kib` is the piece length in
    /// KiB, chosen by size when absent.
    ///
    /// # Errors
    /// A file can't be read or changes its length meanwhile; a piece length that is no power of
    /// two between 16 KiB and 64 MiB.
    pub fn hash(
        &self,
        piece_kib: Option<u32>,
        progress: &AtomicU64,
    ) -> Result<MetainfoBuilder, FrontError> {
        let piece_length = match piece_kib {
            None => choose_piece_length(self.total()),
            Some(kib) if kib.is_power_of_two() && (16..=65_536).contains(&kib) => kib * 1024,
            Some(_) => {
                let what = "--piece-kib: a power of two from 16 to 65536";
                return Err(FrontError::Config(what.into()));
            }
        };
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
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= pieces {
                return Ok(done);
            }
            let start = index as u64 * u64::from(piece_length);
            let length = (self.total() - start).min(u64::from(piece_length)) as usize;
            let piece = buffer.get_mut(..length).ok_or(FrontError::Internal)?;
            self.read(start, piece)?;
            done.push((index, Sha1::digest(&*piece).into()));
            progress.fetch_add(length as u64, Ordering::Relaxed);
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

fn walk(
    folder: &Path,
    above: &mut Vec<String>,
    files: &mut Vec<(Vec<String>, PathBuf, u64)>,
) -> Result<(), FrontError> {
    let entries = folder.read_dir().map_err(|source| io("can't read", folder, source))?;
    for entry in entries {
        let entry = entry.map_err(|source| io("can't read", folder, source))?;
        let path = entry.path();
        let data = entry.metadata().map_err(|source| io("can't read", &path, source))?;
        above.push(text(&entry.file_name(), &path)?);
        if data.is_dir() {
            walk(&path, above, files)?;
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

/// Reads a .torrent of at most the size the API takes.
///
/// # Errors
/// It can't be read or is no torrent.
pub fn read_torrent(path: &Path) -> Result<wire::Metainfo, FrontError> {
    let limit = crate::routes::extract::TORRENT_LIMIT;
    if path.to_str().is_some_and(|text| text.starts_with("magnet:")) {
        let what = "this build reads .torrent files, not magnet links";
        return Err(FrontError::BadMagnet(what.into()));
    }
    let file = File::open(path).map_err(|source| io("can't open", path, source))?;
    let mut bytes = Vec::new();
    let mut limited = file.take(limit as u64 + 1);
    limited.read_to_end(&mut bytes).map_err(|source| io("can't read", path, source))?;
    if bytes.len() > limit {
        let what = format!("{}: larger than {limit} bytes, no .torrent", path.display());
        return Err(FrontError::BadTorrent(what));
    }
    let parsed = wire::Metainfo::parse(&bytes);
    parsed.map_err(|error| FrontError::BadTorrent(format!("{}: {error}", path.display())))
}
