//! A server on loopback for tests that speak HTTP to it, byte by byte where they must.

// Each test file uses its own share of this.
#![allow(dead_code, missing_docs, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test's helpers fail by panicking")]

use std::fmt::Debug;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use engine::{AddTorrent, EngineHandle};
use http_front::app::App;
use http_front::commands::hashing::Content;
use http_front::commands::piece_length::PieceLength;
use http_front::config::{Config, Peers};
use http_front::doors::{Auth, Doors, LinkKey, Names, RateLimit};
use http_front::hls::actor::HlsHandle;
use http_front::hls::head::Tools;
use http_front::inputs::Inputs;
use http_front::probe::once::Probed;
use http_front::routes;
use http_front::sandbox::Sandbox;
use http_front::server::listen::Wish;
use http_front::server::{Acceptor, Limits};
use http_front::settings::Settings;
use http_front::settings::store::Store;
use http_front::tools::Ffmpeg;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wire::{AddressPolicy, InfoHash};

/// No answer takes longer, unless the test is about waiting.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How long a test's server waits for metadata that nobody has.
const METADATA_PATIENCE: Duration = Duration::from_millis(700);

/// What a test's server is like.
pub struct Setup {
    pub names: Names,
    pub auth: Option<Arc<Auth>>,
    pub rate: u32,
    pub limits: Limits,
    pub public_base_url: Option<String>,
    /// Whether URLs in requests may lead to this machine.
    pub allow_local: bool,
    /// Whether it has ffmpeg, and may encode sound with it.
    pub ffmpeg: bool,
    pub transcode_audio: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            names: Names::default(),
            auth: None,
            rate: 300,
            limits: Limits::default(),
            public_base_url: None,
            allow_local: true,
            ffmpeg: true,
            transcode_audio: true,
        }
    }
}

pub struct Server {
    pub address: SocketAddr,
    pub links: LinkKey,
    pub acceptor: Acceptor,
    pub engine: EngineHandle,
    pub doors: Arc<Doors>,
    /// A folder for the test's own files; the engine's data lies in it too.
    pub folder: tempfile::TempDir,
}

impl Server {
    pub async fn start(setup: Setup) -> Self {
        let data = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let links = LinkKey::new([7; 32]);
        let doors = Arc::new(Doors {
            names: setup.names,
            auth: setup.auth,
            links: links.clone(),
            rate: Mutex::new(RateLimit::new(setup.rate)),
        });
        let ffmpeg = if setup.ffmpeg { Ffmpeg::find(None).await } else { Ffmpeg::default() };
        let (inputs, input_listener) = Inputs::open().await.unwrap();
        let sandbox = Sandbox::of(&ffmpeg);
        let heads = sandbox.map(|sandbox| (sandbox, inputs.clone()));
        let (engine, hls) = engine(&data.path().join("data"), heads).await;
        let usual = Settings { rate_limit_per_min: setup.rate, ..Settings::without_trackers() };
        let settings = Store::open(engine.clone(), Arc::clone(&doors), usual).await.unwrap();
        let app = Arc::new(App {
            engine: engine.clone(),
            doors: Arc::clone(&doors),
            settings,
            metadata_patience: METADATA_PATIENCE,
            policy: AddressPolicy { allow_local: setup.allow_local },
            public_base_url: setup.public_base_url,
            port: address.port(),
            started: Instant::now(),
            ffmpeg,
            hls,
            transcode_audio: setup.transcode_audio,
            inputs,
            probed: Probed::default(),
            ledger: Default::default(),
        });
        tokio::spawn(routes::stream::input::serve(input_listener, Arc::clone(&app)));
        let acceptor = Acceptor::new(listener, routes::router(app), setup.limits);
        tokio::spawn(acceptor.clone().run(Default::default()));
        Self { address, links, acceptor, engine, doors, folder: data }
    }

    /// Sends `request` as it is and reads until the server closes.
    pub async fn raw(&self, request: &[u8]) -> String {
        String::from_utf8_lossy(&self.raw_bytes(request).await).into_owned()
    }

    async fn raw_bytes(&self, request: &[u8]) -> Vec<u8> {
        exchange(self.address, request).await
    }

    /// Adds a torrent of these files, which lie on disk already.
    pub async fn add(&self, name: &str, files: &[(&str, &[u8])]) -> InfoHash {
        let added = self.engine.add(torrent(self.folder.path(), name, files)).await.unwrap();
        let hash = added.view.info_hash;
        let checked = async || self.engine.torrent(hash).await.unwrap().downloaded;
        until(checked, |checked| *checked >= added.view.length).await;
        hash
    }

    /// A request of one line and these headers; the connection closes behind it.
    pub async fn send(&self, line: &str, headers: &[&str]) -> Answer {
        self.send_body(line, headers, b"").await
    }

    pub async fn send_body(&self, line: &str, headers: &[&str], body: &[u8]) -> Answer {
        let mut request = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
        let named =
            |name: &str| headers.iter().any(|header| header.to_ascii_lowercase().starts_with(name));
        if !named("host:") {
            request.push_str(&format!("Host: {}\r\n", self.address));
        }
        if !body.is_empty() && !named("content-length:") && !named("transfer-encoding:") {
            request.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        for header in headers {
            request.push_str(&format!("{header}\r\n"));
        }
        request.push_str("\r\n");
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        Answer::of(&self.raw_bytes(&bytes).await)
    }
}

/// Looks until what is seen `holds`, and returns that.
pub async fn until<T: Debug>(mut look: impl AsyncFnMut() -> T, holds: impl Fn(&T) -> bool) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        let seen = look().await;
        if holds(&seen) {
            return seen;
        }
        assert!(Instant::now() < end, "it is still {seen:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What comes to `request` until the connection ends.
pub async fn exchange(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server that has heard enough may close while we still write.
    let _ = stream.write_all(request).await;
    read_bytes(&mut stream).await
}

pub async fn read_all(stream: &mut TcpStream) -> String {
    String::from_utf8_lossy(&read_bytes(stream).await).into_owned()
}

async fn read_bytes(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    // A reset behind an answer is an end too.
    let _ = read.expect("the server neither answers nor closes");
    bytes
}

/// A response, taken apart.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn parse(text: &str) -> Self {
        Self::of(text.as_bytes())
    }

    pub fn of(answer: &[u8]) -> Self {
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) = answer.split_at(end.unwrap_or(answer.len()));
        let body = body.get(4..).unwrap_or_default();
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or("0");
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        Self {
            status: status.parse().unwrap_or(0),
            headers: headers.collect(),
            body: String::from_utf8_lossy(body).into_owned(),
            bytes: body.to_vec(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The slug of a failure, after a look at the rest of the envelope.
    pub fn code(&self) -> String {
        let json = self.json();
        assert_eq!(json["success"], false, "{json}");
        assert!(json["error"].as_str().is_some_and(|error| !error.is_empty()), "{json}");
        json["code"].as_str().unwrap().to_owned()
    }
}

/// The one place of the tests that knows how an engine is started, and HLS beside it. They live on threads of its own
/// until the test process ends.
pub async fn engine(
    data: &Path,
    heads: Option<(Sandbox, Inputs)>,
) -> (EngineHandle, Option<HlsHandle>) {
    let mut config = engine::EngineConfig::new(data);
    config.peer_port = 0;
    config.peer_binds = vec!["127.0.0.1".parse().unwrap()];
    config.allow_local = true;
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(|| {
        engine::supervise::run(async {
            let runtime = tokio::runtime::Handle::current();
            let engine = engine::start(config, runtime.clone()).await.unwrap();
            let hls = heads.map(|(sandbox, inputs)| {
                let tools = Tools { sandbox, inputs, engine: engine.clone() };
                HlsHandle::start(tools, runtime, &engine::supervise::Ledger::default())
            });
            let _ = tell.send((engine, hls));
            std::future::pending::<()>().await;
        })
    });
    told.await.unwrap()
}

/// What `serve` starts with: everything on loopback, data below `folder`.
pub fn local(folder: &Path) -> Config {
    let local = "127.0.0.1".parse().unwrap();
    Config {
        bind: SocketAddr::new(local, 0),
        wish: Wish::Explicit,
        peers: Peers { port: 0, binds: vec![local], allow_local: true, dht: None },
        ..Config::local(folder.join("data"))
    }
}

/// Whether `/status` says that this actor lives, after so many panics of `panic(struck)`.
pub fn survived(status: &serde_json::Value, name: &str, restarts: u64) -> bool {
    let actors = status["actors"].as_array().unwrap();
    let actor = actors.iter().find(|actor| actor["name"] == name).unwrap();
    actor["restarts"] == restarts && actor["alive"] == 1 && actor["lastError"] == "struck"
}

/// A film as the one file of a torrent that is complete, and the torrent.
#[cfg(feature = "lab")]
pub async fn showing(server: &Server, reel: fixtures::media::Reel) -> String {
    let film = tokio::task::spawn_blocking(move || std::fs::read(reel.make().unwrap()).unwrap());
    let film = film.await.unwrap();
    server.add(reel.name(), &[(reel.name(), &film)]).await.to_string()
}

/// A torrent of these files, all of them on disk below `folder`.
pub fn torrent(folder: &Path, name: &str, files: &[(&str, &[u8])]) -> AddTorrent {
    for (path, bytes) in files {
        let path = folder.join(name).join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let content = Content::of(&folder.join(name), false).unwrap();
    let made =
        content.hash(PieceLength::new(16 * 1024), &AtomicU64::new(0)).unwrap().build().unwrap();
    AddTorrent { save_path: Some(folder.to_path_buf()), ..AddTorrent::new(made) }
}

/// Bytes without a pattern that a shift would keep.
pub fn bytes(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}
