//! A server on loopback for tests that speak HTTP to it, byte by byte where they must.

// Each test file uses its own share of this.
#![allow(dead_code, missing_docs, unreachable_pub)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use engine::EngineHandle;
use http_front::app::App;
use http_front::doors::{Auth, Doors, LinkKey, Names, RateLimit};
use http_front::routes;
use http_front::server::{Acceptor, Limits};
use http_front::tools::Ffmpeg;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// No answer takes longer, unless the test is about waiting.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What a test's server is like.
pub struct Setup {
    pub names: Names,
    pub auth: Option<Arc<Auth>>,
    pub rate: u32,
    pub limits: Limits,
    pub public_base_url: Option<String>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            names: Names::default(),
            auth: None,
            rate: 300,
            limits: Limits::default(),
            public_base_url: None,
        }
    }
}

pub struct Server {
    pub address: SocketAddr,
    pub links: LinkKey,
    pub acceptor: Acceptor,
    _data: tempfile::TempDir,
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
        let app = Arc::new(App {
            engine: engine(data.path()).await,
            doors,
            public_base_url: setup.public_base_url,
            port: address.port(),
            started: Instant::now(),
            ffmpeg: Ffmpeg::default(),
            ledger: Default::default(),
        });
        let acceptor = Acceptor::new(listener, routes::router(app), setup.limits);
        tokio::spawn(acceptor.clone().run(Default::default()));
        Self { address, links, acceptor, _data: data }
    }

    /// Sends `request` as it is and reads until the server closes.
    pub async fn raw(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request).await.unwrap();
        read_all(&mut stream).await
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
        Answer::parse(&self.raw(&bytes).await)
    }
}

pub async fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    // A reset behind an answer is an end too.
    let _ = read.expect("the server neither answers nor closes");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A response, taken apart.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or("0");
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        Self {
            status: status.parse().unwrap_or(0),
            headers: headers.collect(),
            body: body.to_owned(),
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

/// The one place of the tests that knows how an engine is started.
pub async fn engine(_data: &std::path::Path) -> EngineHandle {
    EngineHandle {}
}
