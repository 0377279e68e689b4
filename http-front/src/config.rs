//! File, environment and flags, made one: a flag wins over its variable, and that over the file.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use config::{Config as Layers, File, FileFormat};
use serde::Deserialize;

use crate::FrontError;
use crate::cli::ServeArgs;
use crate::server::listen::Wish;
use crate::settings::Settings;

/// The address when none is said.
pub const DEFAULT_BIND: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
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
    ("MILLRACE_PEERS_PORT", "peers.port"),
    ("MILLRACE_PEERS_BIND", "peers.bind"),
    ("MILLRACE_PEERS_ALLOW_LOCAL", "peers.allow_local"),
    ("MILLRACE_LOG_LEVEL", "log.level"),
    ("MILLRACE_RAM_BUFFER_MB", "settings.ram_buffer_mb"),
    ("MILLRACE_MAX_CONNECTIONS_PER_TORRENT", "settings.max_connections_per_torrent"),
];
/// Those of them that take several values, separated by commas.
const LISTS: &[&str] = &["server.allowed_hosts", "server.allowed_origins", "peers.bind"];

/// What `serve` goes by.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to answer HTTP.
    pub bind: SocketAddr,
    /// Whether [`Self::bind`] was asked for.
    pub wish: Wish,
    /// Answer beyond loopback without a password.
    pub insecure: bool,
    /// Scheme, host and prefix of links.
    pub public_base_url: Option<String>,
    /// Host names we go by.
    pub allowed_hosts: Vec<String>,
    /// Origins whose pages may use the API.
    pub allowed_origins: Vec<String>,
    /// User and password, when one has to sign in.
    pub credentials: Option<Credentials>,
    /// Where everything lies.
    pub data_dir: PathBuf,
    /// How we meet peers.
    pub peers: Peers,
    /// How much the engine may take.
    pub settings: Settings,
    /// What to log.
    pub log: Option<String>,
}

impl Config {
    /// A server for this machine alone, with everything below `data_dir`.
    pub fn local(data_dir: PathBuf) -> Self {
        Self {
            bind: DEFAULT_BIND,
            wish: Wish::Default,
            insecure: false,
            public_base_url: None,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            credentials: None,
            data_dir,
            peers: Peers::default(),
            settings: Settings::default(),
            log: None,
        }
    }
}

/// How we meet peers.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    /// TCP port; 0 takes a free one.
    pub port: u16,
    /// Addresses to listen on; empty is all.
    pub binds: Vec<IpAddr>,
    /// Torrents may name peers and trackers on loopback and private addresses.
    pub allow_local: bool,
}

/// What lets a client in.
#[derive(Clone)]
pub struct Credentials {
    /// For Basic.
    pub user: String,
    /// In the clear or as a PHC string.
    pub password: String,
    /// For Bearer.
    pub token: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The file's shape. A name that means nothing is an error: it was meant to do something.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Layered {
    server: ServerLayer,
    auth: AuthLayer,
    storage: StorageLayer,
    peers: PeersLayer,
    log: LogLayer,
    settings: SettingsLayer,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct ServerLayer {
    host: Option<IpAddr>,
    port: Option<u16>,
    insecure: bool,
    public_base_url: Option<String>,
    allowed_hosts: Vec<String>,
    allowed_origins: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct AuthLayer {
    username: Option<String>,
    password: Option<String>,
    password_file: Option<PathBuf>,
    token: Option<String>,
    token_file: Option<PathBuf>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct StorageLayer {
    data_dir: Option<PathBuf>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct PeersLayer {
    port: Option<u16>,
    bind: Vec<IpAddr>,
    allow_local: bool,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct LogLayer {
    level: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct SettingsLayer {
    ram_buffer_mb: Option<u64>,
    max_connections_per_torrent: Option<usize>,
}

/// Reads the file and the environment (`variable` looks one up) and lays `flags` over them.
///
/// # Errors
/// [`FrontError::Config`] for what can't be understood, for a setting out of its bounds, and for a
/// server open to the network without a password.
pub fn load(
    flags: &ServeArgs,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Config, FrontError> {
    let layered = layers(flags.config.as_deref(), variable)
        .map_err(|error| FrontError::Config(format!("configuration: {error}")))?;
    let Layered { server, auth, storage, peers, log, settings } = layered;
    let usual = Settings::default();
    let asked = server.host.is_some() || server.port.is_some();
    let bind = flags.bind.unwrap_or_else(|| {
        let host = server.host.unwrap_or(DEFAULT_BIND.ip());
        SocketAddr::new(host, server.port.unwrap_or(DEFAULT_BIND.port()))
    });
    let wish = if flags.bind.is_some() || asked { Wish::Explicit } else { Wish::Default };
    let config = Config {
        bind,
        wish,
        insecure: flags.insecure || server.insecure,
        public_base_url: flags.public_base_url.clone().or(server.public_base_url),
        allowed_hosts: either(&flags.allowed_host, server.allowed_hosts),
        allowed_origins: either(&flags.allowed_origin, server.allowed_origins),
        credentials: credentials(flags, auth)?,
        data_dir: flags.data_dir.clone().or(storage.data_dir).unwrap_or_else(|| "data".into()),
        peers: Peers {
            port: flags.peer_port.or(peers.port).unwrap_or(6881),
            binds: either(&flags.peer_bind, peers.bind),
            allow_local: flags.allow_local || peers.allow_local,
        },
        settings: Settings {
            ram_buffer_mb: settings.ram_buffer_mb.unwrap_or(usual.ram_buffer_mb),
            max_connections_per_torrent: settings
                .max_connections_per_torrent
                .unwrap_or(usual.max_connections_per_torrent),
        }
        .checked()?,
        log: flags.log.log.clone().or(log.level),
    };
    if config.credentials.is_none() && !config.insecure && !bind.ip().to_canonical().is_loopback() {
        return Err(FrontError::Config(format!(
            "{bind} can be reached from the network: set --user and --password-file, or say \
             --insecure to let everybody in"
        )));
    }
    Ok(config)
}

fn layers(
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

fn either<T: Clone>(flags: &[T], layer: Vec<T>) -> Vec<T> {
    if flags.is_empty() { layer } else { flags.to_vec() }
}

fn credentials(flags: &ServeArgs, auth: AuthLayer) -> Result<Option<Credentials>, FrontError> {
    let from = |flag: &Option<PathBuf>, text, file: Option<PathBuf>| match (flag, text, file) {
        (Some(path), ..) => secret(path).map(Some),
        (None, Some(text), _) => Ok(Some(text)),
        (None, None, Some(path)) => secret(&path).map(Some),
        (None, None, None) => Ok(None),
    };
    let user = flags.user.clone().or(auth.username);
    let password = from(&flags.password_file, auth.password, auth.password_file)?;
    let token = from(&flags.token_file, auth.token, auth.token_file)?;
    match (user, password, token) {
        (Some(user), Some(password), token) => Ok(Some(Credentials { user, password, token })),
        (None, None, None) => Ok(None),
        (Some(_), None, _) => {
            let what = "a user needs a password: --password-file or MILLRACE_AUTH_PASSWORD";
            Err(FrontError::Config(what.into()))
        }
        (None, ..) => {
            let what = "a password or token needs a user: --user or MILLRACE_AUTH_USERNAME";
            Err(FrontError::Config(what.into()))
        }
    }
}

/// The first line of a file.
fn secret(path: &Path) -> Result<String, FrontError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| FrontError::Config(format!("can't read {}: {source}", path.display())))?;
    Ok(text.lines().next().unwrap_or_default().trim_end().to_owned())
}
