//! What to add, and how.

use std::net::SocketAddr;
use std::path::PathBuf;

use wire::{InfoHash, Magnet, Metainfo};

use crate::torrent::commands::actor::Merge;
use crate::view::TorrentView;

/// Where a torrent's content is described.
#[derive(Clone, Debug)]
pub enum TorrentSource {
    /// In a .torrent file.
    Metainfo(Box<Metainfo>),
    /// In the swarm: its metadata is fetched from peers (BEP 9).
    Magnet(Magnet),
}

impl TorrentSource {
    /// The torrent's info hash.
    pub fn info_hash(&self) -> InfoHash {
        match self {
            Self::Metainfo(metainfo) => metainfo.info_hash,
            Self::Magnet(magnet) => magnet.info_hash,
        }
    }
}

/// What to add, and how.
#[derive(Clone, Debug)]
pub struct AddTorrent {
    /// The torrent.
    pub source: TorrentSource,
    /// Replaces the name shown; the files keep theirs.
    pub name: Option<String>,
    /// Start paused.
    pub paused: bool,
    /// Listed files the background downloads; `None` is all.
    pub selected: Option<Vec<usize>>,
    /// Trackers beside the torrent's own.
    pub trackers: Vec<String>,
    /// Peers to try at once.
    pub peers: Vec<SocketAddr>,
    /// The folder its files are in, or go to; `None` is the download folder.
    pub save_path: Option<PathBuf>,
}

impl AddTorrent {
    /// All of `metainfo`'s files, started at once, below the download folder.
    pub fn new(metainfo: Metainfo) -> Self {
        Self::of(TorrentSource::Metainfo(Box::new(metainfo)))
    }

    /// What `magnet` names: the files it selects, started at once, below the download folder.
    pub fn magnet(magnet: Magnet) -> Self {
        Self::of(TorrentSource::Magnet(magnet))
    }

    fn of(source: TorrentSource) -> Self {
        Self {
            source,
            name: None,
            paused: false,
            selected: None,
            trackers: Vec::new(),
            peers: Vec::new(),
            save_path: None,
        }
    }
}

/// What adding came to.
#[derive(Clone, Debug)]
pub struct Added {
    /// It was there already; new trackers and peers were merged.
    pub existed: bool,
    /// The torrent as it is now.
    pub view: TorrentView,
}

/// What a second adding of a torrent brings to the first.
pub(crate) fn merge(add: AddTorrent) -> Merge {
    let (mut trackers, mut peers) = (add.trackers, add.peers);
    let metainfo = match add.source {
        TorrentSource::Metainfo(metainfo) => {
            trackers.extend(metainfo.trackers.iter().flatten().cloned());
            Some(metainfo)
        }
        TorrentSource::Magnet(magnet) => {
            trackers.extend(magnet.trackers);
            peers.extend(magnet.peers);
            None
        }
    };
    Merge { metainfo, trackers, peers }
}
