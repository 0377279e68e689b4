//! What is kept of a torrent.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use wire::{Bitfield, InfoHash};

/// What is known of a torrent besides its metainfo and its pieces.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TorrentRecord {
    /// The key; not in the JSON.
    #[serde(skip, default = "no_info_hash")]
    pub info_hash: InfoHash,
    /// The name shown.
    pub name: String,
    /// When it was added, seconds since 1970.
    pub added_at: u64,
    /// When the last selected byte was verified, seconds since 1970.
    #[serde(default)]
    pub completed_at: Option<u64>,
    /// When somebody last read it, seconds since 1970.
    #[serde(default)]
    pub watched_at: Option<u64>,
    /// Stopped by the user.
    #[serde(default)]
    pub paused: bool,
    /// Rank among background downloads: -1 low, 0 normal, 1 high.
    #[serde(default)]
    pub priority: i8,
    /// Listed files the background downloads; `None` is all.
    #[serde(default)]
    pub selected: Option<Vec<usize>>,
    /// Trackers beside the torrent's own.
    #[serde(default)]
    pub trackers: Vec<String>,
    /// The user gave it its name: the metadata does not change it.
    #[serde(default)]
    pub named_by_user: bool,
    /// Web seeds of its magnet link (BEP 19), until the metadata is here.
    #[serde(default)]
    pub web_seeds: Vec<String>,
    /// Peers its magnet link or the user named: tried first after a restart.
    #[serde(default)]
    pub peers: Vec<std::net::SocketAddr>,
    /// Peers that gave bytes, the fastest first: tried first after a restart, and asked for as much as
    /// they gave.
    #[serde(default)]
    pub known_peers: Vec<KnownPeer>,
    /// Bytes a second it may receive; 0 is no limit of its own.
    #[serde(default)]
    pub max_download_speed: u64,
    /// Bytes a second it may send; 0 is no limit of its own.
    #[serde(default)]
    pub max_upload_speed: u64,
    /// Bytes sent to peers since it was added.
    #[serde(default)]
    pub uploaded: u64,
    /// Bytes verified since it was added.
    #[serde(default)]
    pub downloaded: u64,
    /// The folder its files are below.
    pub save_path: std::path::PathBuf,
}

/// What a peer showed when it was last connected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KnownPeer {
    /// Where it listens.
    pub address: std::net::SocketAddr,
    /// Bytes a second it gave.
    pub rate: u64,
    /// Its round trip, in microseconds.
    pub rtt_micros: u64,
    /// When that was, seconds since 1970.
    pub seen_at: u64,
}

fn no_info_hash() -> InfoHash {
    InfoHash([0; 20])
}

/// A torrent as it was saved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredTorrent {
    /// What is known of it.
    pub record: TorrentRecord,
    /// The .torrent file's bytes; `None` of a magnet link whose metadata was not fetched yet.
    pub metainfo: Option<Bytes>,
    /// Pieces that were synced; `None` when nothing was ever saved: check the files.
    pub have: Option<Bitfield>,
}
