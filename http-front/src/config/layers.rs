//! The file and the environment, before the flags.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use config::{Config as Layers, File, FileFormat};
use serde::Deserialize;

use crate::cli::Backend;
use crate::settings::Settings;

/// The file that is read when none is named and it exists.
const DEFAULT_FILE: &str = "millrace.yaml";

/// Environment variables and what they set.
const VARIABLES: &[(&str, &str)] = &[
    ("MILLRACE_SERVER_HOST", "server.host"),
    ("MILLRACE_SERVER_PORT", "server.port"),
    ("MILLRACE_SERVER_INSECURE", "server.insecure"),
    ("MILLRACE_SERVER_PUBLIC_BASE_URL", "server.public_base_url"),
    ("MILLRACE_SERVER_ALLOWED_HOSTS", "server.allowed_hosts"),
    ("MILLRACE_SERVER_ALLOWED_ORIGINS", "server.allowed_origins"),
    ("MILLRACE_AUTH_USERNAME", "auth.username"),
    ("MILLRACE_AUTH_PASSWORD", "auth.password"),
    ("MILLRACE_AUTH_PASSWORD_FILE", "auth.password_file"),
    ("MILLRACE_AUTH_TOKEN_FILE", "auth.token_file"),
    ("MILLRACE_API_TOKEN", "auth.token"),
    ("MILLRACE_STORAGE_DATA_DIR", "storage.data_dir"),
    ("MILLRACE_STORAGE_BACKEND", "storage.backend"),
    ("MILLRACE_PEERS_PORT", "peers.port"),
    ("MILLRACE_PEERS_BIND", "peers.bind"),
    ("MILLRACE_PEERS_ALLOW_LOCAL", "peers.allow_local"),
    ("MILLRACE_PEERS_DEFAULT_TRACKERS", "peers.default_trackers"),
    ("MILLRACE_DHT_ENABLED", "dht.enabled"),
    ("MILLRACE_DHT_PORT", "dht.port"),
    ("MILLRACE_DHT_BOOTSTRAP", "dht.bootstrap"),
    ("MILLRACE_FFMPEG_BINARY_PATH", "ffmpeg.binary_path"),
    ("MILLRACE_FFMPEG_TRANSCODE_AUDIO", "ffmpeg.transcode_audio"),
    ("MILLRACE_LOG_LEVEL", "log.level"),
    ("MILLRACE_RAM_BUFFER_MB", "settings.ram_buffer_mb"),
    ("MILLRACE_BUFFER_AHEAD_PERCENT", "settings.buffer_ahead_percent"),
    ("MILLRACE_MAX_DOWNLOAD_SPEED", "settings.max_download_speed"),
    ("MILLRACE_MAX_UPLOAD_SPEED", "settings.max_upload_speed"),
    ("MILLRACE_MAX_CONCURRENT_TORRENTS", "settings.max_concurrent_torrents"),
    ("MILLRACE_MAX_CONNECTIONS", "settings.max_connections"),
    ("MILLRACE_MAX_CONNECTIONS_PER_TORRENT", "settings.max_connections_per_torrent"),
    ("MILLRACE_TORRENT_TIMEOUT_SEC", "settings.torrent_timeout_sec"),
    ("MILLRACE_TORRENT_MAX_RETRIES", "settings.torrent_max_retries"),
    ("MILLRACE_SEED_RATIO", "settings.seed_ratio"),
    ("MILLRACE_CACHE_MAX_DISK_MB", "settings.cache_max_disk_mb"),
    ("MILLRACE_CACHE_MAX_SIZE", "settings.cache_max_size"),
    ("MILLRACE_CACHE_TTL_SEC", "settings.cache_ttl_sec"),
    ("MILLRACE_CACHE_CLEANUP_INTERVAL_SEC", "settings.cache_cleanup_interval_sec"),
    ("MILLRACE_TRACKERS", "settings.trackers"),
    ("MILLRACE_HLS_SEGMENT_DURATION_SEC", "settings.hls_segment_duration_sec"),
    ("MILLRACE_HLS_WHILE_INCOMPLETE", "settings.hls_while_incomplete"),
    ("MILLRACE_MAX_TRANSCODES", "settings.max_transcodes"),
    ("MILLRACE_PLAYBACK_SAVE_INTERVAL_SEC", "settings.playback_save_interval_sec"),
    ("MILLRACE_RATE_LIMIT_PER_MIN", "settings.rate_limit_per_min"),
];
/// Those of them that take several values, separated by commas.
const LISTS: &[&str] = &[
    "server.allowed_hosts",
    "server.allowed_origins",
    "peers.bind",
    "dht.bootstrap",
    "settings.trackers",
];

/// The file's shape. A name that means nothing is an error: it was meant to do something.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Layered {
    pub(super) server: ServerLayer,
    pub(super) auth: AuthLayer,
    pub(super) storage: StorageLayer,
    pub(super) peers: PeersLayer,
    pub(super) dht: DhtLayer,
    pub(super) ffmpeg: FfmpegLayer,
    pub(super) log: LogLayer,
    pub(super) settings: Settings,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ServerLayer {
    pub(super) host: Option<IpAddr>,
    pub(super) port: Option<u16>,
    pub(super) insecure: bool,
    pub(super) public_base_url: Option<String>,
    pub(super) allowed_hosts: Vec<String>,
    pub(super) allowed_origins: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AuthLayer {
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
    pub(super) password_file: Option<PathBuf>,
    pub(super) token: Option<String>,
    pub(super) token_file: Option<PathBuf>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct StorageLayer {
    pub(super) backend: Backend,
    pub(super) data_dir: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PeersLayer {
    pub(super) port: Option<u16>,
    pub(super) bind: Vec<IpAddr>,
    pub(super) allow_local: bool,
    pub(super) default_trackers: bool,
}

impl Default for PeersLayer {
    fn default() -> Self {
        Self { port: None, bind: Vec::new(), allow_local: false, default_trackers: true }
    }
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DhtLayer {
    pub(super) enabled: bool,
    pub(super) port: Option<u16>,
    pub(super) bootstrap: Vec<String>,
}

impl Default for DhtLayer {
    fn default() -> Self {
        Self { enabled: true, port: None, bootstrap: Vec::new() }
    }
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FfmpegLayer {
    pub(super) binary_path: Option<PathBuf>,
    pub(super) transcode_audio: bool,
}

impl Default for FfmpegLayer {
    fn default() -> Self {
        Self { binary_path: None, transcode_audio: true }
    }
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LogLayer {
    pub(super) level: Option<String>,
}

/// Reads the file and lays the environment over it; `variable` looks one up.
pub(super) fn read(
    file: Option<&Path>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Layered, config::ConfigError> {
    let source = match file {
        Some(path) => File::from(path).format(FileFormat::Yaml).required(true),
        None => File::from(Path::new(DEFAULT_FILE)).format(FileFormat::Yaml).required(false),
    };
    let mut builder = Layers::builder().add_source(source);
    for (name, key) in VARIABLES {
        let Some(value) = variable(name) else {
            continue;
        };
        builder = if LISTS.contains(key) {
            let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
            builder.set_override(key, items.map(str::to_owned).collect::<Vec<_>>())?
        } else {
            builder.set_override(key, value)?
        };
    }
    builder.build()?.try_deserialize()
}
