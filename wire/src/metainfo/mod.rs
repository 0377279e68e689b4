//! .torrent files (BEP 3, 12, 19, 27, 47): the types here, reading in `parse`, safe and unique paths
//! in `paths`, writing in `create`.

mod create;
mod error;
mod parse;
mod paths;

use std::path::PathBuf;

use bytes::Bytes;

use crate::{ByteRange, Geometry, InfoHash};

pub use create::{MetainfoBuilder, choose_piece_length};
pub use error::MetainfoError;
pub use paths::{MAX_PATH_BYTES, MAX_PATH_ELEMENTS};

/// The most files a torrent may have; real ones stay below a tenth of it.
pub const MAX_FILES: usize = 100_000;

/// A parsed .torrent file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Metainfo {
    /// SHA-1 of the raw bytes of `info`, as they stood in the file.
    pub info_hash: InfoHash,
    /// What the hash covers.
    pub info: Info,
    /// The raw bytes of `info`, to write a .torrent again or serve metadata (BEP 9).
    pub info_bytes: Bytes,
    /// Tiers of tracker URLs (BEP 12), `announce` as a tier of one where there is no list.
    pub trackers: Vec<Vec<String>>,
    /// Web seeds (BEP 19).
    pub url_list: Vec<String>,
    /// `comment`, if any.
    pub comment: Option<String>,
    /// `created by`, if any.
    pub created_by: Option<String>,
    /// `creation date` in seconds since 1970, if any.
    pub created_at: Option<i64>,
}

/// The `info` dictionary, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Info {
    /// The torrent's name, made safe: one path element.
    pub name: String,
    /// Pieces and blocks.
    pub geometry: Geometry,
    /// SHA-1 of each piece; as many as `geometry.pieces()`.
    pub piece_hashes: Vec<[u8; 20]>,
    /// Every file in order, pad files too; file indices of the API count this list's real files.
    pub files: Vec<FileEntry>,
    /// BEP 27: no DHT, no PEX.
    pub private: bool,
    /// Whether `info` had `files` (a folder) rather than `length` (one file).
    pub multi_file: bool,
}

/// One file of a torrent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileEntry {
    /// Where it goes below the download folder: safe elements only, the torrent's name first when
    /// it is a folder. Unique in the torrent, also when case is folded.
    pub path: PathBuf,
    /// The elements as the torrent spelt them (lossy UTF-8), joined with `/`: for display only.
    pub original: String,
    /// First byte in the torrent.
    pub offset: u64,
    /// Length in bytes, maybe 0.
    pub length: u64,
    /// BEP 47 pad file: zeros that are never written nor listed.
    pub pad: bool,
    /// BEP 47 symlink: never created, listed as an empty file that can't be read.
    pub symlink: bool,
}

impl FileEntry {
    /// Its bytes in the torrent.
    pub fn range(&self) -> ByteRange {
        ByteRange::new(self.offset, self.offset + self.length)
    }
}

impl Info {
    /// The files a user sees, in order: neither pad files nor symlinks. The API's `index` counts
    /// these from 0.
    pub fn listed(&self) -> impl Iterator<Item = &FileEntry> {
        self.files.iter().filter(|file| !file.pad && !file.symlink)
    }
}
