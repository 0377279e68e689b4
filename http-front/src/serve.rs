//! Engine and server put together: what `serve`, `play` and `demo` run.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use engine::supervise::Ledger;
use engine::{Backing, DhtConfig, EngineConfig, EngineHandle};
use tokio::runtime::Handle;
use wire::AddressPolicy;

use crate::FrontError;
use crate::app::App;
use crate::config::{Config, Peers};
use crate::doors::{Auth, Doors, LinkKey, Names, RateLimit};
use crate::hls::actor::HlsHandle;
use crate::hls::head::Tools;
use crate::inputs::Inputs;
use crate::open_files;
use crate::probe::once::Probed;
use crate::routes;
use crate::sandbox::Sandbox;
use crate::server::actor::FrontHandle;
use crate::server::{Acceptor, Limits, listen};
use crate::settings::Settings;
use crate::settings::store::Store;
use crate::tools::Ffmpeg;

/// Responses under way get this long to end when the server stops; then the process ends anyway.
const FAREWELL: Duration = Duration::from_secs(8);

/// A running engine behind a running server.
pub struct Running {
    /// The torrents.
    pub engine: EngineHandle,
    /// Where HTTP is answered.
    pub address: SocketAddr,
    front: FrontHandle,
}

/// Starts the engine, then answers HTTP.
///
/// # Errors
/// [`FrontError::Config`], [`FrontError::Bind`], [`FrontError::Io`] or [`FrontError::Engine`].
pub async fn start(config: &Config) -> Result<Running, FrontError> {
    routes::metrics::install();
    let doors = doors(config).await?;
    let listener = listen::bind(config.bind, config.wish).await?;
    let address = listener
        .local_addr()
        .map_err(|source| FrontError::Bind { address: config.bind, source })?;
    // Saved trackers are known only then: until the saved settings are in force it asks none.
    let first = Settings { trackers: Vec::new(), ..config.settings.clone() };
    let backing = config.backend.into();
    let engine = start_engine(&config.peers, &first, &config.data_dir, backing).await?;
    let settings = Store::open(engine.clone(), Arc::clone(&doors), config.settings.clone()).await?;
    let ledger = Ledger::default();
    let (inputs, input_listener) = Inputs::open().await?;
    let ffmpeg = Ffmpeg::find(config.ffmpeg.clone()).await;
    let tools = |sandbox| Tools { sandbox, inputs: inputs.clone(), engine: engine.clone() };
    let tools = Sandbox::of(&ffmpeg).map(tools);
    let hls = tools.map(|tools| HlsHandle::start(tools, Handle::current(), &ledger));
    let app = Arc::new(App {
        engine: engine.clone(),
        doors,
        settings,
        metadata_patience: routes::magnet::PATIENCE,
        policy: AddressPolicy { allow_local: config.peers.allow_local },
        public_base_url: config.public_base_url.clone(),
        port: address.port(),
        started: Instant::now(),
        ffmpeg,
        hls,
        transcode_audio: config.transcode_audio,
        inputs,
        probed: Probed::default(),
        ledger: ledger.clone(),
    });
    log_start(&app.ffmpeg, &engine, address).await;
    tokio::spawn(routes::stream::input::serve(input_listener, Arc::clone(&app)));
    let acceptor = Acceptor::new(listener, routes::router(app), Limits::default());
    let front = FrontHandle::start(acceptor, Handle::current(), &ledger);
    Ok(Running { engine, address, front })
}

impl Running {
    /// Ends streams, saves resume data, closes connections; within ten seconds.
    pub async fn shut_down(self) {
        let farewell = async {
            self.engine.shutdown().await;
            self.front.shut_down().await;
        };
        if tokio::time::timeout(FAREWELL, farewell).await.is_err() {
            tracing::warn!("not everything ended in time; leaving anyway");
        }
    }
}

/// The one place that knows how an engine is started. `scratch` is where its catalogue lies and,
/// unless a torrent says otherwise, the downloads, where there are files (`backing`).
///
/// # Errors
/// [`FrontError::Engine`].
pub async fn start_engine(
    peers: &Peers,
    settings: &Settings,
    scratch: &Path,
    backing: Backing,
) -> Result<EngineHandle, FrontError> {
    open_files::raise();
    let mut config = EngineConfig::new(scratch);
    config.backing = backing;
    config.peer_port = peers.port;
    config.allow_local = peers.allow_local;
    if !peers.binds.is_empty() {
        config.peer_binds.clone_from(&peers.binds);
    }
    config.settings = settings.engine();
    config.dht = peers
        .dht
        .as_ref()
        .map(|dht| DhtConfig { port: dht.port, bootstrap: dht.bootstrap.clone() });
    Ok(engine::start(config, Handle::current()).await?)
}

async fn doors(config: &Config) -> Result<Arc<Doors>, FrontError> {
    make_folder(&config.data_dir).await?;
    let path = config.data_dir.join("link.key");
    let links = LinkKey::load(&path).map_err(|source| FrontError::Io {
        what: format!("can't keep the key of links in {}", path.display()),
        source,
    })?;
    let auth = match &config.credentials {
        None => None,
        Some(c) => Some(Arc::new(Auth::new(&c.user, &c.password, c.token.as_deref())?)),
    };
    Ok(Arc::new(Doors {
        names: names(config)?,
        auth,
        links,
        rate: Mutex::new(RateLimit::new(config.settings.rate_limit_per_min)),
    }))
}

/// Our names: those allowed, and the host of the public base URL.
fn names(config: &Config) -> Result<Names, FrontError> {
    let mut hosts: Vec<_> =
        config.allowed_hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
    let mut origins = Vec::new();
    for text in config.allowed_origins.iter().chain(&config.public_base_url) {
        let url = url::Url::parse(text)
            .map_err(|error| FrontError::Config(format!("{text:?} is not a URL: {error}")))?;
        origins.push(url.origin().ascii_serialization());
    }
    if let Some(base) = &config.public_base_url
        && let Ok(url) = url::Url::parse(base)
    {
        hosts.extend(url.host_str().map(str::to_ascii_lowercase));
    }
    Ok(Names { hosts, origins })
}

async fn make_folder(path: &Path) -> Result<(), FrontError> {
    tokio::fs::create_dir_all(path).await.map_err(|source| FrontError::Io {
        what: format!("can't make the folder {}", path.display()),
        source,
    })
}

/// The URL, where peers come in, and one line for what is missing.
async fn log_start(ffmpeg: &Ffmpeg, engine: &EngineHandle, address: SocketAddr) {
    tracing::info!("millrace answers on http://{address}/");
    log_peer_port(engine).await;
    let mut missing = Vec::new();
    if ffmpeg.path.is_none() {
        missing.push("ffmpeg is not installed (players get files as they are)".to_owned());
    }
    if let Some(few) = open_files::limit().filter(|limit| *limit < open_files::COMFORTABLE) {
        missing.push(format!("only {few} files and sockets may be open at once (ulimit -n)"));
    }
    if !missing.is_empty() {
        tracing::warn!("missing: {}", missing.join("; "));
    }
}

/// Says where peers reach us.
pub(crate) async fn log_peer_port(engine: &EngineHandle) {
    match engine.status().await {
        Ok(status) => tracing::info!("peers reach us on port {}", status.peer_port),
        Err(error) => tracing::warn!(%error, "the engine does not say its port"),
    }
}
