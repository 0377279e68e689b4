//! `HttpFront` panics in each of its places: a running response goes on to its last byte, new
//! requests are answered after the restart, and `/status` counts it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test's helpers fail by panicking")]

mod common;

use std::net::SocketAddr;

use common::{Answer, PATIENCE, bytes, exchange, local, survived, torrent, until};
use http_front::serve;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::InfoHash;

/// More than the sockets between us and the server hold.
const LENGTH: usize = 48 << 20;
/// Read between two panics.
const STRIDE: usize = 1 << 20;
/// The places, and how often the actor restarts: a connection is what makes the accepting task
/// panic, and what the actor does about that panics too. In a spawned future the two are one.
const PLACES: [(&str, u64); 3] = [("http::future", 1), ("http::started", 2), ("http::handler", 2)];

#[test]
fn a_running_response_and_new_requests_survive() {
    let scenario = fail::FailScenario::setup();
    engine::supervise::run(survive()).unwrap();
    scenario.teardown();
}

async fn survive() {
    let folder = tempfile::tempdir().unwrap();
    let running = serve::start(&local(folder.path())).await.unwrap();
    let film = bytes(LENGTH);
    let film_torrent = torrent(folder.path(), "film", &[("film.mp4", &film)]);
    let hash = running.engine.add(film_torrent).await.unwrap().view.info_hash;
    let mut response = Response::open(running.address, hash).await;
    response.read_equal(&film, STRIDE).await;
    let mut restarts = 0;
    for (place, more) in PLACES {
        restarts += more;
        fail::cfg(place, "1*panic(struck)").unwrap();
        fail::cfg("http::accept", "1*panic(struck)").unwrap();
        let lost = get(running.address, "/health").await;
        assert!(lost.is_empty(), "{place}: the connection that was being accepted is lost");
        counted(running.address, restarts).await;
        response.read_equal(&film, STRIDE).await;
    }
    let left = LENGTH - response.read;
    response.read_equal(&film, left).await;
    assert_eq!(response.stream.read(&mut [0]).await.unwrap(), 0);
    running.shut_down().await;
}

/// Waits until `/status` says so.
async fn counted(address: SocketAddr, restarts: u64) {
    let status = async || Answer::of(&get(address, "/status").await).json();
    until(status, |status| survived(status, "HttpFront", restarts)).await;
}

/// The answer, or nothing when the connection breaks off.
async fn get(address: SocketAddr, path: &str) -> Vec<u8> {
    exchange(address, &request(address, path)).await
}

fn request(address: SocketAddr, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").into_bytes()
}

/// A response that is read as slowly as the test wants.
struct Response {
    stream: TcpStream,
    read: usize,
}

impl Response {
    async fn open(address: SocketAddr, hash: InfoHash) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = request(address, &format!("/stream/proxy/{hash}"));
        stream.write_all(&request).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = Answer::of(&head);
        assert_eq!(head.status, 200, "{head:?}");
        assert_eq!(head.header("content-length"), Some(LENGTH.to_string().as_str()));
        Self { stream, read: 0 }
    }

    async fn read_equal(&mut self, film: &[u8], length: usize) {
        let mut got = vec![0; length];
        let read = tokio::time::timeout(PATIENCE, self.stream.read_exact(&mut got)).await;
        read.expect("bytes").unwrap();
        assert!(got == film[self.read..self.read + length], "at {}", self.read);
        self.read += length;
    }
}
