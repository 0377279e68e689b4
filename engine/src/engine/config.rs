//! What an operator decides about the engine.

use std::net::IpAddr;
use std::path::PathBuf;

use storage::cache::policy::Backing;

use crate::settings::Settings;

/// Configuration of one engine.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where the catalogue lies: `millrace.redb` in it.
    pub data_dir: PathBuf,
    /// Whether verified pieces go to files, or stay in memory alone and are fetched again.
    pub backing: Backing,
    /// Where torrents are downloaded to, unless one says otherwise.
    pub download_dir: PathBuf,
    /// Addresses peers may connect to.
    pub peer_binds: Vec<IpAddr>,
    /// Their port; the next free one is taken when it is in use, any when it is 0.
    pub peer_port: u16,
    /// Peers and trackers on loopback and private addresses are fine (`--allow-local`).
    pub allow_local: bool,
    /// What may change while it runs, as it is at the start.
    pub settings: Settings,
    /// The DHT node; `None` runs none.
    pub dht: Option<DhtConfig>,
}

/// The DHT node (BEP 5).
#[derive(Clone, Debug, Default)]
pub struct DhtConfig {
    /// Its UDP port; 0 takes any.
    pub port: u16,
    /// Where it joins, as `host:port`; `None` is the public network's usual entry points.
    pub bootstrap: Option<Vec<String>>,
}

impl EngineConfig {
    /// The defaults of `API.md`, with everything below `data_dir` and without DHT.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        let data_dir = data_dir.into();
        Self {
            download_dir: data_dir.join("downloads"),
            data_dir,
            backing: Backing::Disk,
            peer_binds: vec![
                std::net::Ipv4Addr::UNSPECIFIED.into(),
                std::net::Ipv6Addr::UNSPECIFIED.into(),
            ],
            peer_port: 6881,
            allow_local: false,
            settings: Settings::default(),
            dht: None,
        }
    }
}
