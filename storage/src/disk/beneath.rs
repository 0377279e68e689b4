//! Opening, making and deleting below a root folder without following symlinks (hostile row 6).
//!
//! Each folder on the way is opened with `O_NOFOLLOW` from the one before, so no path element can
//! lead out, whatever another process does meanwhile. That is what `openat2` with
//! `RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS` would do, on every kernel and in containers that forbid
//! it; open files are kept, so the walk is rare.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, mkdirat, openat, statat, unlinkat};
use rustix::io::Errno;

use crate::error::StorageError;

const DIR: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// How a file is to be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// It must be there.
    Read,
    /// Made, with the folders on the way, when it is not there.
    Write,
}

/// A file opened by [`open_file`].
pub(crate) struct Opened {
    pub(crate) file: File,
    /// It was not there before.
    pub(crate) created: bool,
}

/// Opens the regular file `path` below `root`.
pub(crate) fn open_file(root: &Path, path: &Path, access: Access) -> Result<Opened, StorageError> {
    let make = access == Access::Write;
    let (parent, name) = parent(root, path, make)?;
    let plain = OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let flags = plain | if make { OFlags::RDWR } else { OFlags::RDONLY };
    let mode = Mode::from_raw_mode(0o666);
    let (fd, created) = match openat(&parent, &name, flags, mode) {
        Err(Errno::NOENT) if make => {
            let new = flags | OFlags::CREATE | OFlags::EXCL;
            (openat(&parent, &name, new, mode), true)
        }
        other => (other, false),
    };
    let file = File::from(fd.map_err(|e| refuse(root, path, e))?);
    let is_file = file.metadata().map_err(|e| StorageError::io(root.join(path), e))?.is_file();
    if !is_file {
        return Err(StorageError::Unsafe(root.join(path)));
    }
    Ok(Opened { file, created })
}

/// Opens the folder `path` below `root` for syncing; an empty path is `root` itself.
pub(crate) fn open_dir(root: &Path, path: &Path) -> Result<File, StorageError> {
    let dir = walk(root, path, false)?;
    openat(&dir, ".", DIR | OFlags::RDONLY, Mode::empty())
        .map(File::from)
        .map_err(|e| refuse(root, path, e))
}

/// Deletes those of `files` that are regular files below `root`, then the folders on their way that
/// are empty, never `root`. What is not there is no error.
pub(crate) fn remove(root: &Path, files: &[PathBuf]) -> Result<(), StorageError> {
    let mut folders = BTreeSet::new();
    for path in files {
        unlink(root, path, false)?;
        let above = path.ancestors().skip(1);
        folders.extend(above.filter(|p| !p.as_os_str().is_empty()));
    }
    // A folder sorts before what is in it.
    folders.iter().rev().try_for_each(|folder| unlink(root, folder, true))
}

fn unlink(root: &Path, path: &Path, folder: bool) -> Result<(), StorageError> {
    let (parent, name) = match parent(root, path, false) {
        Err(StorageError::Missing(_) | StorageError::Unsafe(_)) => return Ok(()),
        other => other?,
    };
    let flags = match folder {
        true => AtFlags::REMOVEDIR,
        false => AtFlags::empty(),
    };
    let is_ours = statat(&parent, &name, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|stat| {
        let kind = FileType::from_raw_mode(stat.st_mode);
        kind == FileType::RegularFile || (folder && kind == FileType::Directory)
    });
    if !is_ours {
        return Ok(());
    }
    match unlinkat(&parent, &name, flags) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(Errno::NOTEMPTY | Errno::EXIST) if folder => Ok(()),
        Err(e) => Err(refuse(root, path, e)),
    }
}

/// Bytes `path` takes up on disk; 0 when it is not there.
pub(crate) fn allocated(root: &Path, path: &Path) -> u64 {
    let Ok((parent, name)) = parent(root, path, false) else {
        return 0;
    };
    statat(&parent, &name, AtFlags::SYMLINK_NOFOLLOW)
        .map_or(0, |stat| u64::try_from(stat.st_blocks).unwrap_or(0) * 512)
}

/// The folder `path` lies in, and its name there.
fn parent(root: &Path, path: &Path, make: bool) -> Result<(OwnedFd, PathBuf), StorageError> {
    let unsafe_path = || StorageError::Unsafe(root.join(path));
    let name = path.file_name().ok_or_else(unsafe_path)?;
    let above = path.parent().ok_or_else(unsafe_path)?;
    Ok((walk(root, above, make)?, PathBuf::from(name)))
}

fn walk(root: &Path, path: &Path, make: bool) -> Result<OwnedFd, StorageError> {
    if make {
        std::fs::create_dir_all(root).map_err(|e| StorageError::io(root, e))?;
    }
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::PATH;
    let mut at =
        openat(CWD, root, flags, Mode::empty()).map_err(|e| refuse(root, Path::new(""), e))?;
    for component in path.components() {
        let Component::Normal(name) = component else {
            return Err(StorageError::Unsafe(root.join(path)));
        };
        if make {
            match mkdirat(&at, name, Mode::from_raw_mode(0o777)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(e) => return Err(refuse(root, path, e)),
            }
        }
        at = openat(&at, name, DIR | OFlags::PATH, Mode::empty())
            .map_err(|e| refuse(root, path, e))?;
    }
    Ok(at)
}

fn refuse(root: &Path, path: &Path, errno: Errno) -> StorageError {
    let path = match path.as_os_str().is_empty() {
        true => root.to_path_buf(),
        false => root.join(path),
    };
    match errno {
        Errno::NOENT => StorageError::Missing(path),
        Errno::LOOP | Errno::NOTDIR | Errno::ISDIR | Errno::NXIO => StorageError::Unsafe(path),
        errno => StorageError::io(path, errno),
    }
}
