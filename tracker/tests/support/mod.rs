//! A tracker that answers as told and remembers what it was asked, for the client's tests.
#![allow(dead_code, reason = "each test uses its own part")]

use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix::prelude::*;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tracker::actor::Status;
use tracker::{Config, PeersFound, Tracker, TrackerStatus, Transfer};
use wire::{AddressPolicy, InfoHash, PeerId};

/// How long a busy machine may take for what takes a moment.
const PATIENCE: Duration = Duration::from_secs(20);

/// Loopback is allowed, as with `--allow-local`.
pub(crate) const LOCAL: AddressPolicy = AddressPolicy::LOCAL_TOO;

/// Answers every request with the bytes its function makes of the request's target.
pub(crate) struct FakeTracker {
    pub(crate) addr: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FakeTracker {
    pub(crate) async fn start(respond: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serve(stream, &log, &respond).await;
            }
        });
        Self { addr, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/announce", self.addr)
    }

    /// Request targets so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The `event` of each announce so far, `-` for none.
    pub(crate) fn events(&self) -> Vec<String> {
        let event = |target: &String| param(target, "event").unwrap_or_else(|| "-".to_owned());
        self.announces().iter().map(event).collect()
    }

    /// Request targets so far that are no scrapes.
    pub(crate) fn announces(&self) -> Vec<String> {
        self.asked().into_iter().filter(|target| !target.starts_with("/scrape")).collect()
    }

    /// Waits until it was asked `count` times, scrapes aside.
    pub(crate) async fn wait_asked(&self, count: usize) {
        until(async || self.announces().len(), |announces| *announces >= count).await;
    }
}

async fn serve(stream: TcpStream, log: &Mutex<Vec<String>>, respond: &impl Fn(&str) -> Vec<u8>) {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    let mut line = String::new();
    loop {
        line.clear();
        match stream.read_line(&mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) if line == "\r\n" => break,
            Ok(_) if first.is_empty() => first.clone_from(&line),
            Ok(_) => {}
        }
    }
    let target = first.split(' ').nth(1).unwrap().to_owned();
    let answer = respond(&target);
    log.lock().unwrap().push(target);
    // The client may hang up in the middle: some tests want it to.
    let _ = stream.write_all(&answer).await;
    let _ = stream.shutdown().await;
}

/// One parameter of a request target's query, undecoded.
pub(crate) fn param(target: &str, key: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    Some(pairs.find(|(k, _)| *k == key)?.1.to_owned())
}

/// A whole HTTP answer with this body.
pub(crate) fn ok(body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    answer.reserve(body.len());
    let mut answer = answer.into_bytes();
    answer.extend_from_slice(body);
    answer
}

/// A redirect.
pub(crate) fn redirect(location: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

/// Looks until what is seen `holds`, and returns that.
pub(crate) async fn until<T: Debug>(
    mut look: impl AsyncFnMut() -> T,
    holds: impl Fn(&T) -> bool,
) -> T {
    let start = Instant::now();
    loop {
        let seen = look().await;
        if holds(&seen) {
            return seen;
        }
        assert!(start.elapsed() < PATIENCE, "it is still {seen:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The trackers' status once it is as wished.
pub(crate) async fn status_when(
    tracker: &Addr<Tracker>,
    wished: impl Fn(&[TrackerStatus]) -> bool,
) -> Vec<TrackerStatus> {
    until(async || tracker.send(Status).await.unwrap(), |status| wished(status)).await
}

/// Nobody: peers go nowhere.
struct Deaf;

impl Actor for Deaf {
    type Context = Context<Self>;
}

impl Handler<PeersFound> for Deaf {
    type Result = ();
    fn handle(&mut self, _: PeersFound, _: &mut Self::Context) {}
}

pub(crate) fn deaf() -> Recipient<PeersFound> {
    Deaf.start().recipient()
}

/// An actor's configuration on these tiers.
pub(crate) fn config(tiers: Vec<Vec<String>>) -> Config {
    Config {
        info_hash: InfoHash([0xab; 20]),
        peer_id: PeerId::ours(*b"abcdefghijkl"),
        port: 6881,
        tiers,
        policy: LOCAL,
        transfer: Transfer { uploaded: 0, downloaded: 0, left: 1000 },
        seed: 7,
    }
}

/// A UDP tracker that answers each datagram with the datagrams its function makes of it.
pub(crate) struct FakeUdp {
    pub(crate) addr: SocketAddr,
    asked: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl FakeUdp {
    /// `respond` is told how many datagrams came before this one.
    pub(crate) async fn start(
        respond: impl Fn(usize, &[u8]) -> Vec<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let addr = socket.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log: Arc<Mutex<Vec<Vec<u8>>>> = Arc::clone(&asked);
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let datagram = &buffer[..length];
                let before = log.lock().unwrap().len();
                log.lock().unwrap().push(datagram.to_vec());
                for answer in respond(before, datagram) {
                    socket.send_to(&answer, from).await.unwrap();
                }
            }
        });
        Self { addr, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("udp://{}/announce", self.addr)
    }

    /// Datagrams so far.
    pub(crate) fn asked(&self) -> Vec<Vec<u8>> {
        self.asked.lock().unwrap().clone()
    }

    /// Each datagram's action so far.
    pub(crate) fn actions(&self) -> Vec<u32> {
        self.asked().iter().map(|datagram| action(datagram)).collect()
    }
}

/// A UDP request's action (BEP 15).
pub(crate) fn action(datagram: &[u8]) -> u32 {
    u32::from_be_bytes(datagram[8..12].try_into().unwrap())
}

/// A UDP answer: action, the request's transaction id, the rest.
pub(crate) fn udp_answer(action: u32, request: &[u8], rest: &[u8]) -> Vec<u8> {
    [&action.to_be_bytes(), &request[12..16], rest].concat()
}

/// What a good UDP tracker says: connection id 7, and one peer of an announce.
pub(crate) fn well_behaved(request: &[u8]) -> Vec<u8> {
    match action(request) {
        0 => udp_answer(0, request, &7u64.to_be_bytes()),
        1 => udp_answer(1, request, b"\0\0\x03\x84\0\0\0\x02\0\0\0\x01\x7f\0\0\x01\x1a\xe1"),
        _ => udp_answer(2, request, b"\0\0\0\x05\0\0\0\x09\0\0\0\x06"),
    }
}

/// A first announce of an incomplete torrent.
pub(crate) fn request() -> tracker::Request {
    tracker::Request {
        info_hash: InfoHash([0xab; 20]),
        peer_id: PeerId::ours(*b"abcdefghijkl"),
        port: 6881,
        key: 0xbeef,
        transfer: Transfer { uploaded: 1, downloaded: 2, left: 3 },
        event: tracker::Event::Started,
        numwant: 50,
        tracker_id: None,
    }
}
