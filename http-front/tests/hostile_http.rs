//! HOSTILE 41, 42, 45: paths, framing, header bombs, slow and huge uploads.

mod common;

use std::time::{Duration, Instant};

use common::{Answer, Server, Setup, read_all};
use http_front::server::Limits;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

#[tokio::test]
async fn hostile_41_a_path_never_leaves_the_routes() {
    let server = Server::start(Setup::default()).await;
    for path in [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/assets/../../../etc/passwd",
        "/assets/%2e%2e%2fmain.rs",
        "/assets/..%5c..",
        "/assets/app.js%00",
        "//etc/passwd",
        "/stream/file/%2e%2e/0/x",
    ] {
        let answer = server.send(&format!("GET {path}"), &[]).await;
        assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
        answer.code();
    }
}

#[tokio::test]
async fn hostile_42_two_framings_close_the_connection() {
    let server = Server::start(Setup::default()).await;
    let smuggled = format!(
        "POST /api/torrents HTTP/1.1\r\nHost: {0}\r\nContent-Type: text/plain\r\n\
         Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\
         GET /openapi.json HTTP/1.1\r\nHost: {0}\r\n\r\n",
        server.address
    );
    let answers = server.raw(smuggled.as_bytes()).await;
    assert!(answers.starts_with("HTTP/1.1 400"), "{answers}");
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
}

#[tokio::test]
async fn hostile_42_folded_and_malformed_headers_are_refused() {
    let server = Server::start(Setup::default()).await;
    for request in [
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03\r\n\r\n",
    ] {
        let answer = Answer::parse(&server.raw(request.as_bytes()).await);
        assert_eq!(answer.status, 400, "{request:?}: {answer:?}");
    }
}

#[tokio::test]
async fn hostile_42_header_bombs_are_431() {
    let server = Server::start(Setup::default()).await;
    let lines: Vec<_> = (0..120).map(|n| format!("X-{n}: y")).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(server.send("GET /", &lines).await.status, 431);
    for length in [17 * 1024, 100 * 1024] {
        let long = format!("X: {}", "y".repeat(length));
        assert_eq!(server.send("GET /", &[&long]).await.status, 431, "{length}");
    }
    let fits = format!("X: {}", "y".repeat(12 * 1024));
    assert_eq!(server.send("GET /", &[&fits]).await.status, 200);
}

#[tokio::test]
async fn hostile_45_slow_headers_end_the_connection() {
    let limits = Limits { header_timeout: Duration::from_millis(300), ..Limits::default() };
    assert_eq!(Limits::default().header_timeout, Duration::from_secs(10));
    let server = Server::start(Setup { limits, ..Setup::default() }).await;
    for start in ["", "GET / HTTP/1.1\r\nHo"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let answer = read_all(&mut stream).await;
        assert!(!answer.contains("200"), "{start:?}: {answer}");
    }
}

#[tokio::test]
async fn hostile_45_a_silent_crowd_keeps_nobody_out_for_long() {
    let limits =
        Limits { header_timeout: Duration::from_millis(300), connections: 8, ..Limits::default() };
    let server = Server::start(Setup { limits, ..Setup::default() }).await;
    let mut crowd = Vec::new();
    for _ in 0..32 {
        crowd.push(TcpStream::connect(server.address).await.unwrap());
    }
    assert_eq!(server.send("GET /", &[]).await.status, 200);
}

#[tokio::test]
async fn hostile_45_huge_uploads_are_413_before_they_are_read() {
    let server = Server::start(Setup::default()).await;
    let torrent = "Content-Type: application/x-bittorrent";
    let before = Instant::now();
    let claimed =
        server.send("POST /api/torrents", &[torrent, "Content-Length: 99999999999"]).await;
    assert_eq!((claimed.status, claimed.code().as_str()), (413, "too_large"));
    assert!(before.elapsed() < Duration::from_secs(10));
    let source = "Content-Length: 14680065";
    let claimed = server.send("POST /api/sources", &[source]).await;
    assert_eq!((claimed.status, claimed.code().as_str()), (413, "too_large"));
    let json = vec![b' '; 64 * 1024 + 1];
    let answer = server.send_body("POST /api/links", &[], &json).await;
    assert_eq!(answer.status, 413);
    let mut chunked = Vec::new();
    for _ in 0..11 * 16 {
        chunked.extend_from_slice(b"10000\r\n");
        chunked.extend_from_slice(&vec![b'x'; 0x10000]);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let headers = [torrent, "Transfer-Encoding: chunked"];
    let answer = server.send_body("POST /api/torrents", &headers, &chunked).await;
    assert_eq!(answer.status, 413, "{answer:?}");
}
