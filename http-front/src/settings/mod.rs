//! The dynamic settings of `API.md` that something in this build obeys, with their bounds.
//!
//! | module | concept |
//! | --- | --- |
//! | this one | the values, their bounds, one set laid over another |
//! | [`store`] | those in force, changed and kept |
//! | [`trackers`] | the default list |

pub mod store;
pub mod trackers;

use std::fmt::Display;
use std::ops::RangeInclusive;

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::FrontError;

/// Trackers beside a torrent's own: at most this many.
const MAX_TRACKERS: usize = 100;
/// Bytes a second that no line reaches: above it a limit is a mistake.
const MAX_SPEED: u64 = 1_000_000_000_000;

/// What can be changed while the server runs. The bounds stand beside each field for
/// `/openapi.json`, and in [`Settings::checked`], which a test compares with them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Piece memory of the whole process, in MiB.
    #[schema(minimum = 8, maximum = 65_536)]
    pub ram_buffer_mb: u64,
    /// Percent of a reader's share of it that goes ahead of the reader.
    #[schema(minimum = 1, maximum = 100)]
    pub buffer_ahead_percent: u8,
    /// Bytes a second in, all torrents together; 0 is no limit.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_u64)]
    pub max_download_speed: u64,
    /// Bytes a second out, all torrents together; 0 is no limit.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_u64)]
    pub max_upload_speed: u64,
    /// Torrents that download in the background at once; the others are queued. A streamed torrent
    /// is never queued.
    #[schema(minimum = 1, maximum = 10_000)]
    pub max_concurrent_torrents: usize,
    /// Peers of all torrents together.
    #[schema(minimum = 1, maximum = 10_000)]
    pub max_connections: usize,
    /// Peers of one torrent; the engine keeps state for each.
    #[schema(minimum = 1, maximum = 1_000)]
    pub max_connections_per_torrent: usize,
    /// Seconds without a peer after which a torrent is tried anew.
    #[schema(minimum = 1, maximum = 3_600)]
    pub torrent_timeout_sec: u64,
    /// How often it is tried anew before it is in error.
    #[schema(minimum = 0, maximum = 20)]
    pub torrent_max_retries: u32,
    /// Bytes given for each byte of the torrent before it stops seeding; 0 never seeds.
    #[schema(minimum = 0, maximum = 1_000)]
    pub seed_ratio: f64,
    /// MiB of downloads kept on disk; above it the least recently watched finished ones are removed.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub cache_max_disk_mb: u64,
    /// Files of downloads kept on disk, likewise.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub cache_max_size: usize,
    /// Seconds after its last use a finished download is removed; 0 is never.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub cache_ttl_sec: u64,
    /// Seconds between two looks at those limits.
    #[schema(minimum = 1, maximum = 86_400)]
    pub cache_cleanup_interval_sec: u64,
    /// Announce URLs added to public torrents, at most 100.
    #[schema(max_items = 100)]
    pub trackers: Vec<String>,
    /// Seconds between two saves of a viewer's position.
    #[schema(minimum = 1, maximum = 3_600)]
    pub playback_save_interval_sec: u64,
    /// Seconds that a segment of HLS lasts, more or less: cuts are made at keyframes.
    #[schema(minimum = 2, maximum = 10)]
    pub hls_segment_duration_sec: u8,
    /// Files that play as they are play as HLS until they are complete.
    pub hls_while_incomplete: bool,
    /// Runs of ffmpeg at once that encode video; 0 is none.
    #[schema(minimum = 0, maximum = 64)]
    pub max_transcodes: usize,
    /// Requests of the API a minute from one address beyond loopback.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub rate_limit_per_min: u32,
}

impl Default for Settings {
    /// The engine's, the well-known trackers, and what is the front's own.
    fn default() -> Self {
        let engine::Settings {
            ram_buffer_mb,
            buffer_ahead_percent,
            max_download_speed,
            max_upload_speed,
            max_concurrent_torrents,
            max_connections,
            max_connections_per_torrent,
            torrent_timeout_sec,
            torrent_max_retries,
            seed_ratio,
            cache_max_disk_mb,
            cache_max_size,
            cache_ttl_sec,
            cache_cleanup_interval_sec,
            trackers: _,
        } = engine::Settings::default();
        Self {
            ram_buffer_mb,
            buffer_ahead_percent,
            max_download_speed,
            max_upload_speed,
            max_concurrent_torrents,
            max_connections,
            max_connections_per_torrent,
            torrent_timeout_sec,
            torrent_max_retries,
            seed_ratio,
            cache_max_disk_mb,
            cache_max_size,
            cache_ttl_sec,
            cache_cleanup_interval_sec,
            trackers: trackers::WELL_KNOWN.map(str::to_owned).to_vec(),
            playback_save_interval_sec: 10,
            hls_segment_duration_sec: 4,
            hls_while_incomplete: false,
            max_transcodes: 2,
            rate_limit_per_min: 300,
        }
    }
}

impl Settings {
    /// The defaults without the default trackers.
    pub fn without_trackers() -> Self {
        Self { trackers: Vec::new(), ..Self::default() }
    }

    /// The engine's part of them.
    pub fn engine(&self) -> engine::Settings {
        engine::Settings {
            ram_buffer_mb: self.ram_buffer_mb,
            buffer_ahead_percent: self.buffer_ahead_percent,
            max_download_speed: self.max_download_speed,
            max_upload_speed: self.max_upload_speed,
            max_concurrent_torrents: self.max_concurrent_torrents,
            max_connections: self.max_connections,
            max_connections_per_torrent: self.max_connections_per_torrent,
            torrent_timeout_sec: self.torrent_timeout_sec,
            torrent_max_retries: self.torrent_max_retries,
            seed_ratio: self.seed_ratio,
            cache_max_disk_mb: self.cache_max_disk_mb,
            cache_max_size: self.cache_max_size,
            cache_ttl_sec: self.cache_ttl_sec,
            cache_cleanup_interval_sec: self.cache_cleanup_interval_sec,
            trackers: self.trackers.clone(),
        }
    }

    /// Itself, if every value is within its bounds.
    ///
    /// # Errors
    /// [`FrontError::BadSetting`] names the value that is not.
    pub fn checked(self) -> Result<Self, FrontError> {
        within("ram_buffer_mb", self.ram_buffer_mb, 8..=65_536)?;
        within("buffer_ahead_percent", self.buffer_ahead_percent, 1..=100)?;
        within("max_download_speed", self.max_download_speed, 0..=MAX_SPEED)?;
        within("max_upload_speed", self.max_upload_speed, 0..=MAX_SPEED)?;
        within("max_concurrent_torrents", self.max_concurrent_torrents, 1..=10_000)?;
        within("max_connections", self.max_connections, 1..=10_000)?;
        within("max_connections_per_torrent", self.max_connections_per_torrent, 1..=1_000)?;
        within("torrent_timeout_sec", self.torrent_timeout_sec, 1..=3_600)?;
        within("torrent_max_retries", self.torrent_max_retries, 0..=20)?;
        within("seed_ratio", self.seed_ratio, 0.0..=1_000.0)?;
        within("cache_max_disk_mb", self.cache_max_disk_mb, 1..=1_000_000_000)?;
        within("cache_max_size", self.cache_max_size, 1..=1_000_000)?;
        within("cache_ttl_sec", self.cache_ttl_sec, 0..=1_000_000_000)?;
        within("cache_cleanup_interval_sec", self.cache_cleanup_interval_sec, 1..=86_400)?;
        within("trackers: their number", self.trackers.len(), 0..=MAX_TRACKERS)?;
        within("playback_save_interval_sec", self.playback_save_interval_sec, 1..=3_600)?;
        within("hls_segment_duration_sec", self.hls_segment_duration_sec, 2..=10)?;
        within("max_transcodes", self.max_transcodes, 0..=64)?;
        within("rate_limit_per_min", self.rate_limit_per_min, 1..=1_000_000)?;
        match self.trackers.iter().find(|tracker| !is_tracker(tracker)) {
            Some(tracker) => Err(FrontError::BadSetting(format!(
                "trackers: {tracker:?} is not a URL of a tracker (http, https, udp)"
            ))),
            None => Ok(self),
        }
    }

    /// These settings with some of them replaced by name.
    ///
    /// # Errors
    /// [`FrontError::BadSetting`] for a name that is none, a wrong type, a value out of bounds.
    pub fn with(&self, changes: &Map<String, Value>) -> Result<Self, FrontError> {
        let Ok(Value::Object(mut whole)) = serde_json::to_value(self) else {
            return Err(FrontError::Internal);
        };
        for (name, value) in changes {
            match whole.get_mut(name) {
                Some(place) => place.clone_from(value),
                None => return Err(FrontError::BadSetting(format!("{name:?} is not a setting"))),
            }
        }
        let whole = serde_json::to_vec(&whole).map_err(|_| FrontError::Internal)?;
        // axum's error names the field.
        let parsed = Json::<Self>::from_bytes(&whole);
        let wrong = |rejection: axum::extract::rejection::JsonRejection| {
            FrontError::BadSetting(rejection.body_text())
        };
        parsed.map_err(wrong)?.0.checked()
    }
}

/// Whether `text` is an announce URL.
fn is_tracker(text: &str) -> bool {
    url::Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "udp") && url.has_host())
}

fn within<T: PartialOrd + Display>(
    name: &str,
    value: T,
    bounds: RangeInclusive<T>,
) -> Result<(), FrontError> {
    if bounds.contains(&value) {
        return Ok(());
    }
    let (least, most) = (bounds.start(), bounds.end());
    Err(FrontError::BadSetting(format!("{name}: {value} is not from {least} to {most}")))
}
