//! Which bytes of the torrent lie in which file.

use std::path::{Path, PathBuf};

use wire::{ByteRange, Info};

/// A file of a torrent, counted in [`Info::files`]: pad files and symlinks too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FileIndex(pub usize);

/// What a file is on disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// Written and read.
    Real,
    /// BEP 47 padding: zeros, never on disk.
    Pad,
    /// BEP 47 symlink: never created (hostile row 8).
    Symlink,
}

/// One file of a [`Layout`].
#[derive(Clone, Debug)]
pub struct LayoutFile {
    /// Path below the root: plain elements only.
    pub path: PathBuf,
    /// Its bytes in the torrent.
    pub range: ByteRange,
    /// What it is on disk.
    pub kind: FileKind,
}

/// A run of bytes in one file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment {
    /// The file.
    pub file: FileIndex,
    /// First byte in the file.
    pub offset: u64,
    /// Bytes, at least 1.
    pub len: u64,
    /// The bytes are zeros that are on no disk (a pad file).
    pub pad: bool,
}

/// The map from torrent bytes to files below a root folder.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
    files: Vec<LayoutFile>,
}

impl Layout {
    /// The files of `info` below `root`.
    pub fn new(info: &Info, root: impl Into<PathBuf>) -> Self {
        let files = info.files.iter().map(|file| LayoutFile {
            path: file.path.clone(),
            range: file.range(),
            kind: match (file.pad, file.symlink) {
                (true, _) => FileKind::Pad,
                (_, true) => FileKind::Symlink,
                _ => FileKind::Real,
            },
        });
        Self { root: root.into(), files: files.collect() }
    }

    /// The download folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Every file, in the torrent's order.
    pub fn files(&self) -> &[LayoutFile] {
        &self.files
    }

    /// One file, if there is one of this index.
    pub fn file(&self, file: FileIndex) -> Option<&LayoutFile> {
        self.files.get(file.0)
    }

    /// Where `file` lies, root included.
    pub fn location(&self, file: FileIndex) -> PathBuf {
        self.file(file).map_or_else(|| self.root.clone(), |f| self.root.join(&f.path))
    }

    /// The files on disk that hold `range` (torrent bytes), in order; what lies past the torrent's
    /// end, and files of no length, give nothing.
    pub fn segments(&self, range: ByteRange) -> impl Iterator<Item = Segment> + '_ {
        let first = self.files.partition_point(|f| f.range.end <= range.start);
        let end = range.end;
        self.files
            .iter()
            .enumerate()
            .skip(first)
            .take_while(move |(_, f)| f.range.start < end)
            .filter_map(move |(index, f)| {
                let start = f.range.start.max(range.start);
                let len = f.range.end.min(end).checked_sub(start)?;
                (len > 0).then_some(Segment {
                    file: FileIndex(index),
                    offset: start - f.range.start,
                    len,
                    pad: f.kind != FileKind::Real,
                })
            })
    }
}
