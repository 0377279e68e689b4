//! A .torrent's URL: fetched within the address policy, and its failures told.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod common;

use std::net::SocketAddr;

use common::{Answer, Server, Setup, torrent};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers every request with the same bytes.
async fn site(answer: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&answer).await;
            });
        }
    });
    address
}

async fn ok(body: &[u8]) -> SocketAddr {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    site([head.as_bytes(), body].concat()).await
}

async fn add(server: &Server, url: &str) -> Answer {
    let body = serde_json::json!({"url": url, "paused": true}).to_string();
    let json = ["Content-Type: application/json"];
    server.send_body("POST /api/torrents", &json, body.as_bytes()).await
}

fn local(address: SocketAddr) -> String {
    format!("http://{address}/film.torrent")
}

#[tokio::test]
async fn the_torrent_behind_it_is_added() {
    let server = Server::start(Setup::default()).await;
    let made = torrent(server.folder.path(), "film", &[("film.mp4", &[7; 70_000])]);
    let engine::TorrentSource::Metainfo(made) = made.source else { panic!("a .torrent") };
    let url = local(ok(&made.to_torrent_file(&[])).await);
    let answer = add(&server, &url).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.json()["data"]["infoHash"], made.info_hash.to_string());
    assert_eq!(add(&server, &url).await.status, 200, "there already");
}

/// 70,000 hashes are more than any tracker may answer.
#[tokio::test]
async fn a_torrent_of_many_pieces_is_fetched_whole() {
    let server = Server::start(Setup::default()).await;
    let made = wire::MetainfoBuilder {
        name: "film.mp4".into(),
        files: vec![(vec![], 70_000 * 16_384)],
        piece_length: 16_384,
        piece_hashes: vec![[7; 20]; 70_000],
        ..wire::MetainfoBuilder::default()
    };
    let answer = add(&server, &local(ok(&made.encode().unwrap()).await)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

#[tokio::test]
async fn what_is_behind_it_may_be_no_torrent_or_nothing() {
    let server = Server::start(Setup::default()).await;
    let moved = |to: &str| format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\n\r\n").into_bytes();
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = gone.local_addr().unwrap();
    drop(gone);
    for (url, status, code) in [
        (local(ok(b"<html>").await), 400, "bad_torrent"),
        (local(site(b"HTTP/1.1 404 Not Found\r\n\r\n".to_vec()).await), 502, "url_failed"),
        (local(site(moved("file:///etc/passwd")).await), 502, "url_failed"),
        (local(site(moved("http://169.254.169.254/")).await), 403, "forbidden_address"),
        (local(site(moved("/again")).await), 502, "url_failed"),
        (local(site(b"nonsense\r\n\r\n".to_vec()).await), 502, "url_failed"),
        (local(nobody), 502, "url_failed"),
        (local(ok(&vec![b'd'; 11 << 20]).await), 400, "bad_torrent"),
        ("nonsense".to_owned(), 400, "bad_request"),
        ("ftp://127.0.0.1/x".to_owned(), 400, "bad_request"),
    ] {
        let answer = add(&server, &url).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{url}: {answer:?}");
    }
    assert!(server.engine.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn hostile_16_no_address_of_this_machine_or_its_networks() {
    let server = Server::start(Setup { allow_local: false, ..Setup::default() }).await;
    let here = ok(b"secret").await;
    for url in [
        local(here),
        format!("http://localhost:{}/", here.port()),
        format!("http://2130706433:{}/", here.port()),
        format!("http://0x7f.1:{}/", here.port()),
        format!("http://[::ffff:127.0.0.1]:{}/", here.port()),
        format!("http://[::1]:{}/", here.port()),
        "http://10.0.0.1/".to_owned(),
        "http://192.168.1.1/".to_owned(),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://0.0.0.0/".to_owned(),
    ] {
        let answer = add(&server, &url).await;
        let found = (answer.status, answer.code());
        assert_eq!(found, (403, "forbidden_address".into()), "{url}");
        assert!(!answer.body.contains("secret"), "{url}");
    }
}
