//! File, environment and flags, made one: a flag wins over its variable, and that over the file.
//!
//! | module | concept |
//! | --- | --- |
//! | this one | what came out of it |
//! | `layers` | the file's shape, and the variables |

mod layers;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::FrontError;
use crate::cli::{Backend, FindArgs, ServeArgs};
use crate::config::layers::{AuthLayer, DhtLayer, Layered};
use crate::server::listen::Wish;
use crate::settings::Settings;
use crate::settings::trackers::WELL_KNOWN;

/// The address when none is said.
pub const DEFAULT_BIND: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
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
    /// Where verified pieces are kept.
    pub backend: Backend,
    /// How we meet peers.
    pub peers: Peers,
    /// What holds until a setting is changed over the API.
    pub settings: Settings,
    /// ffmpeg; `None` looks for it in `PATH`.
    pub ffmpeg: Option<PathBuf>,
    /// Whether sound that a player doesn't know is encoded anew.
    pub transcode_audio: bool,
    /// What to log.
    pub log: Option<String>,
}

impl Config {
    /// A server for this machine alone, with everything below `data_dir`: no DHT, no trackers but
    /// those of the torrents.
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
            backend: Backend::Disk,
            peers: Peers::default(),
            settings: Settings::without_trackers(),
            ffmpeg: None,
            transcode_audio: true,
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
    /// The DHT (BEP 5); `None` is without it.
    pub dht: Option<Dht>,
}

/// How we take part in the DHT.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dht {
    /// UDP port; 0 takes a free one.
    pub port: u16,
    /// The nodes to begin with, as `HOST:PORT`; `None` is the well-known ones.
    pub bootstrap: Option<Vec<String>>,
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

/// Reads the file and the environment (`variable` looks one up) and lays `flags` over them.
///
/// # Errors
/// [`FrontError::Config`] for what can't be understood, for a setting out of its bounds, and for a
/// server open to the network without a password.
pub fn load(
    flags: &ServeArgs,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Config, FrontError> {
    let layered = layers::read(flags.config.as_deref(), variable)
        .map_err(|error| FrontError::Config(format!("configuration: {error}")))?;
    let Layered { server, auth, storage, peers, dht, ffmpeg, log, settings } = layered;
    let asked = server.host.is_some() || server.port.is_some();
    let bind = flags.bind.unwrap_or_else(|| {
        let host = server.host.unwrap_or(DEFAULT_BIND.ip());
        SocketAddr::new(host, server.port.unwrap_or(DEFAULT_BIND.port()))
    });
    let wish = if flags.bind.is_some() || asked { Wish::Explicit } else { Wish::Default };
    let port = flags.peer_port.or(peers.port).unwrap_or(6881);
    let config = Config {
        bind,
        wish,
        insecure: flags.insecure || server.insecure,
        public_base_url: flags.public_base_url.clone().or(server.public_base_url),
        allowed_hosts: either(&flags.allowed_host, server.allowed_hosts),
        allowed_origins: either(&flags.allowed_origin, server.allowed_origins),
        credentials: credentials(flags, auth)?,
        data_dir: flags.data_dir.clone().or(storage.data_dir).unwrap_or_else(|| "data".into()),
        backend: flags.storage.unwrap_or(storage.backend),
        peers: Peers {
            port,
            binds: either(&flags.peer_bind, peers.bind),
            allow_local: flags.allow_local || peers.allow_local,
            dht: find_dht(&flags.find, dht, port),
        },
        settings: with_trackers(&flags.find, settings, peers.default_trackers)?,
        ffmpeg: flags.ffmpeg.clone().or(ffmpeg.binary_path),
        transcode_audio: ffmpeg.transcode_audio && !flags.no_transcode_audio,
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

/// The DHT of flags alone, for commands that read no file.
pub fn dht_of(flags: &FindArgs, peer_port: u16) -> Option<Dht> {
    find_dht(flags, DhtLayer::default(), peer_port)
}

/// The settings of flags alone, for commands that read no file.
///
/// # Errors
/// [`FrontError::Config`] for a tracker that is none.
pub fn settings_of(flags: &FindArgs) -> Result<Settings, FrontError> {
    with_trackers(flags, Settings::default(), true)
}

/// Unless a port is named the DHT is found one above the peers' TCP port, whose own number stays
/// free for a transport over UDP.
fn find_dht(flags: &FindArgs, layer: DhtLayer, peer_port: u16) -> Option<Dht> {
    let above = if peer_port == 0 { 0 } else { peer_port.checked_add(1).unwrap_or(0) };
    let bootstrap = either(&flags.dht_bootstrap, layer.bootstrap);
    (layer.enabled && !flags.no_dht).then(|| Dht {
        port: flags.dht_port.or(layer.port).unwrap_or(above),
        bootstrap: (!bootstrap.is_empty()).then_some(bootstrap),
    })
}

fn with_trackers(
    flags: &FindArgs,
    mut settings: Settings,
    default_trackers: bool,
) -> Result<Settings, FrontError> {
    if !default_trackers || flags.no_default_trackers {
        settings.trackers.retain(|tracker| !WELL_KNOWN.contains(&tracker.as_str()));
    }
    settings.trackers = either(&flags.trackers, settings.trackers);
    settings.checked().map_err(|error| FrontError::Config(error.to_string()))
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
