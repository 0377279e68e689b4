//! A torrent's files and pieces, once its metadata is known.

use std::collections::HashMap;
use std::sync::Arc;

use storage::DiskReader;
use wire::{Bitfield, Geometry, Info, Metainfo};

use super::progress::Progress;
use crate::picker::MediaHint;

/// What there is to download, and how much of it is here.
pub(crate) struct Content {
    /// As it came from the .torrent or the swarm.
    pub(crate) metainfo: Metainfo,
    /// Its `info`, shared with storage.
    pub(crate) info: Arc<Info>,
    /// Have-bits of an earlier run, until the files were looked at.
    pub(crate) saved: Option<Bitfield>,
    pub(crate) progress: Progress,
    /// Pieces in their files, and those of them that a power cut spares: only these are saved.
    pub(crate) written: Bitfield,
    pub(crate) synced: Bitfield,
    /// `None` until the files are open.
    pub(crate) disk: Option<DiskReader>,
    /// Pieces hashed, and to hash, while files are checked; from the start, as that comes first.
    pub(crate) checking: Option<(u32, u32)>,
    /// What the containers of listed files say, as far as the front has looked.
    pub(crate) hints: HashMap<usize, Arc<MediaHint>>,
}

impl Content {
    /// Nothing known of the files yet; `selected` as in the API: `None` is every file.
    pub(crate) fn new(
        metainfo: Metainfo,
        selected: Option<&[usize]>,
        saved: Option<Bitfield>,
    ) -> Self {
        let none = Bitfield::none(metainfo.info.geometry.pieces());
        Self {
            progress: Progress::new(&metainfo.info, selected),
            info: Arc::new(metainfo.info.clone()),
            metainfo,
            saved,
            written: none.clone(),
            synced: none,
            disk: None,
            checking: Some((0, 0)),
            hints: HashMap::new(),
        }
    }

    pub(crate) fn geometry(&self) -> Geometry {
        self.info.geometry
    }

    /// Whether peers can be served and asked: files open and looked at.
    pub(crate) fn ready(&self) -> bool {
        self.disk.is_some() && self.checking.is_none()
    }

    /// Pieces not known to be right.
    pub(crate) fn unknown(&self) -> Bitfield {
        let mut unknown = Bitfield::all(self.geometry().pieces());
        for piece in self.progress.have().iter() {
            unknown.clear(piece);
        }
        unknown
    }
}
