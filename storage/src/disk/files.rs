//! One torrent's open files.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs::File;
use std::io::IoSliceMut;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::{ReadWriteFlags, preadv2};
use wire::ByteRange;

use crate::disk::beneath::{self, Access};
use crate::error::StorageError;
use crate::layout::{FileIndex, FileKind, Layout, Segment};

/// The files of one torrent, opened when first used. Every method blocks, but for
/// [`Self::read_cached`].
///
/// The lock guards the table of handles: it is held while a file is opened or the torrent deleted,
/// never while data is read or written, so that nothing can be created once deletion began.
#[derive(Debug)]
pub(crate) struct Files {
    layout: Arc<Layout>,
    access: Access,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// Least recently used first; at most [`Files::MAX_OPEN`].
    handles: Vec<(FileIndex, Arc<File>)>,
    /// Folders, below the root, with entries that were not synced.
    unsynced: BTreeSet<PathBuf>,
    /// Deleted: nothing is opened any more.
    gone: bool,
}

impl Open {
    /// The file if it is open, which makes it the most recently used.
    fn known(&mut self, index: FileIndex) -> Option<Arc<File>> {
        let at = self.handles.iter().position(|(i, _)| *i == index)?;
        let handle = self.handles.remove(at);
        let file = Arc::clone(&handle.1);
        self.handles.push(handle);
        Some(file)
    }
}

impl Files {
    /// Files of one torrent held open at most.
    const MAX_OPEN: usize = 32;

    pub(crate) fn new(layout: Arc<Layout>, access: Access) -> Self {
        Self { layout, access, open: Mutex::default() }
    }

    pub(crate) fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The file, opened.
    pub(crate) fn get(&self, index: FileIndex) -> Result<Arc<File>, StorageError> {
        let mut open = self.lock();
        if open.gone {
            return Err(StorageError::Closed);
        }
        if let Some(file) = open.known(index) {
            return Ok(file);
        }
        let entry = self.layout.file(index).ok_or(StorageError::OutOfRange)?;
        if entry.kind != FileKind::Real {
            return Err(StorageError::Unsafe(self.layout.location(index)));
        }
        let opened = beneath::open_file(self.layout.root(), &entry.path, self.access)?;
        if opened.created {
            let above = entry.path.ancestors().skip(1);
            open.unsynced.extend(above.map(PathBuf::from));
        }
        if open.handles.len() >= Self::MAX_OPEN {
            open.handles.remove(0);
        }
        let file = Arc::new(opened.file);
        open.handles.push((index, Arc::clone(&file)));
        Ok(file)
    }

    /// Fills `into` with the torrent's bytes from `start` on; pad files read as zeros.
    pub(crate) fn read(&self, start: u64, into: &mut [u8]) -> Result<(), StorageError> {
        let wanted = into.len();
        let filled = self.fill(start, into, |segment, part| {
            let path = || self.layout.location(segment.file);
            let file = self.get(segment.file)?;
            file.read_exact_at(part, segment.offset).map_err(|e| match e.kind() {
                std::io::ErrorKind::UnexpectedEof => {
                    StorageError::Short { path: path(), wanted: segment.offset + segment.len }
                }
                _ => StorageError::io(path(), e),
            })?;
            Ok(part.len())
        })?;
        match filled == wanted {
            true => Ok(()),
            false => Err(StorageError::OutOfRange),
        }
    }

    /// Fills `into` from its start as far as nothing has to be waited for: with what the page cache
    /// holds of files that are open. Returns how far.
    pub(crate) fn read_cached(&self, start: u64, into: &mut [u8]) -> usize {
        let Ok(filled) = self.fill(start, into, |segment, part| {
            let known = self.open.try_lock().ok().and_then(|mut open| open.known(segment.file));
            let Some(file) = known else { return Ok::<_, Infallible>(0) };
            let part = &mut [IoSliceMut::new(part)];
            Ok(preadv2(file, part, segment.offset, ReadWriteFlags::NOWAIT).unwrap_or(0))
        });
        filled
    }

    /// Fills `into` from its start with the torrent's bytes from `start` on: pad files as zeros, a
    /// part of any other by `read`, which says how far it came. Returns how far all did.
    fn fill<E>(
        &self,
        start: u64,
        into: &mut [u8],
        read: impl Fn(&Segment, &mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        let range = ByteRange::new(start, start.saturating_add(into.len() as u64));
        let mut filled = 0;
        for segment in self.layout.segments(range) {
            let end = filled + segment.len as usize;
            let Some(part) = into.get_mut(filled..end) else { break };
            if segment.pad {
                part.fill(0);
                filled = end;
                continue;
            }
            filled += read(&segment, part)?;
            if filled < end {
                break;
            }
        }
        Ok(filled)
    }

    /// Makes the root folder and the files of no length.
    pub(crate) fn prepare(&self) -> Result<(), StorageError> {
        let root = self.layout.root();
        std::fs::create_dir_all(root).map_err(|e| StorageError::io(root, e))?;
        let files = self.layout.files().iter().enumerate();
        for (index, file) in files {
            if file.kind == FileKind::Real && file.range.is_empty() {
                self.get(FileIndex(index))?;
            }
        }
        Ok(())
    }

    /// Puts what was written to `files`, and the folders new files are in, on stable storage.
    pub(crate) fn sync(&self, files: &BTreeSet<FileIndex>) -> Result<(), StorageError> {
        for index in files {
            let file = self.get(*index)?;
            file.sync_data().map_err(|e| StorageError::io(self.layout.location(*index), e))?;
        }
        let folders = std::mem::take(&mut self.lock().unsynced);
        let failed = folders.iter().find_map(|folder| {
            let dir = beneath::open_dir(self.layout.root(), folder).ok()?;
            let error = dir.sync_all().err()?;
            Some(StorageError::io(self.layout.root().join(folder), error))
        });
        let Some(error) = failed else { return Ok(()) };
        self.lock().unsynced.extend(folders);
        Err(error)
    }

    /// Deletes every file and the folders that leaves empty. Nothing is opened afterwards.
    pub(crate) fn delete(&self) -> Result<(), StorageError> {
        let mut open = self.lock();
        open.gone = true;
        open.handles.clear();
        let real = self.layout.files().iter().filter(|f| f.kind == FileKind::Real);
        let paths: Vec<_> = real.map(|f| f.path.clone()).collect();
        beneath::remove(self.layout.root(), &paths)
    }

    /// Closes every file for good.
    pub(crate) fn close(&self) {
        let mut open = self.lock();
        open.gone = true;
        open.handles.clear();
    }

    /// Closes every file; they are opened again when needed.
    pub(crate) fn release(&self) {
        self.lock().handles.clear();
    }

    /// Bytes the files take up on disk.
    pub(crate) fn allocated(&self) -> u64 {
        let real = self.layout.files().iter().filter(|f| f.kind == FileKind::Real);
        real.map(|f| beneath::allocated(self.layout.root(), &f.path)).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // The table is consistent between any two statements that could panic.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
