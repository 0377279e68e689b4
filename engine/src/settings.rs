//! What an operator may change while the engine runs.

use std::num::NonZeroU64;
use std::time::Duration;

use crate::engine::cleanup::Limits;
use crate::limits::Rate;

/// The engine's part of `API.md`'s settings; their defaults are [`Settings::default`].
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// MiB of piece memory for the whole process.
    pub ram_buffer_mb: u64,
    /// Percent of a reader's share of it that goes ahead of the reader.
    pub buffer_ahead_percent: u8,
    /// Bytes a second of blocks in, all torrents together; 0 is no limit.
    pub max_download_speed: u64,
    /// Bytes a second of blocks out, all torrents together; 0 is no limit.
    pub max_upload_speed: u64,
    /// Torrents that download in the background at once; those beyond are queued.
    pub max_concurrent_torrents: usize,
    /// Connections of the process at most.
    pub max_connections: usize,
    /// Connections of one torrent at most.
    pub max_connections_per_torrent: usize,
    /// Seconds an attempt to find a first peer lasts.
    pub torrent_timeout_sec: u64,
    /// Further attempts before a torrent is in error.
    pub torrent_max_retries: u32,
    /// Bytes given for each byte of the torrent before a complete one stops seeding; 0 never seeds.
    pub seed_ratio: f64,
    /// MiB of finished downloads kept on disk.
    pub cache_max_disk_mb: u64,
    /// Files of finished downloads kept on disk.
    pub cache_max_size: usize,
    /// Seconds after its last use a finished download is kept; 0 is for ever.
    pub cache_ttl_sec: u64,
    /// Seconds between two looks at those limits.
    pub cache_cleanup_interval_sec: u64,
    /// Announce URLs added to every public torrent.
    pub trackers: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ram_buffer_mb: 256,
            buffer_ahead_percent: 80,
            max_download_speed: 0,
            max_upload_speed: 0,
            max_concurrent_torrents: 5,
            max_connections: 200,
            max_connections_per_torrent: 50,
            torrent_timeout_sec: 60,
            torrent_max_retries: 3,
            seed_ratio: 1.0,
            cache_max_disk_mb: 5000,
            cache_max_size: 1000,
            cache_ttl_sec: 0,
            cache_cleanup_interval_sec: 300,
            trackers: Vec::new(),
        }
    }
}

impl Settings {
    /// Bytes of piece memory.
    pub fn ram_budget(&self) -> u64 {
        self.ram_buffer_mb.saturating_mul(1024 * 1024)
    }

    /// What all torrents together may receive.
    pub fn max_download(&self) -> Rate {
        NonZeroU64::new(self.max_download_speed)
    }

    /// What all torrents together may send.
    pub fn max_upload(&self) -> Rate {
        NonZeroU64::new(self.max_upload_speed)
    }

    /// What finished downloads may take of the disk.
    pub fn cache_limits(&self) -> Limits {
        Limits {
            bytes: self.cache_max_disk_mb.saturating_mul(1024 * 1024),
            files: self.cache_max_size,
            unused: (self.cache_ttl_sec > 0).then_some(self.cache_ttl_sec),
        }
    }

    /// How long an attempt to find a first peer lasts.
    pub fn torrent_timeout(&self) -> Duration {
        Duration::from_secs(self.torrent_timeout_sec)
    }
}
