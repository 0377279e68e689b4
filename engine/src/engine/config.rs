//! What an operator decides about the engine.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::limits::Rate;

/// Configuration of one engine.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where the catalogue lies: `millrace.redb` in it.
    pub data_dir: PathBuf,
    /// Where torrents are downloaded to, unless one says otherwise.
    pub download_dir: PathBuf,
    /// Addresses peers may connect to.
    pub peer_binds: Vec<IpAddr>,
    /// Their port; the next free one is taken when it is in use, any when it is 0.
    pub peer_port: u16,
    /// Peers and trackers on loopback and private addresses are fine (`--allow-local`).
    pub allow_local: bool,
    /// Bytes of piece memory for the whole process.
    pub ram_budget: u64,
    /// Percent of a reader's share of it that goes ahead of the reader.
    pub ahead_percent: u8,
    /// Connections the process has at most.
    pub max_connections: usize,
    /// Bytes a second the process receives from and sends to peers at most.
    pub max_download: Rate,
    /// See `max_download`.
    pub max_upload: Rate,
    /// Connections a torrent has at most.
    pub max_peers: usize,
}

impl EngineConfig {
    /// The defaults of `API.md`, with everything below `data_dir`.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        let data_dir = data_dir.into();
        Self {
            download_dir: data_dir.join("downloads"),
            data_dir,
            peer_binds: vec![
                std::net::Ipv4Addr::UNSPECIFIED.into(),
                std::net::Ipv6Addr::UNSPECIFIED.into(),
            ],
            peer_port: 6881,
            allow_local: false,
            ram_budget: 256 * 1024 * 1024,
            ahead_percent: 80,
            max_connections: 200,
            max_download: None,
            max_upload: None,
            max_peers: 50,
        }
    }
}
