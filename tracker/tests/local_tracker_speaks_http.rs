//! The local tracker over a real connection: both answers, scrape, refusals, the page.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tracker::LocalTracker;

async fn start() -> LocalTracker {
    LocalTracker::bind("127.0.0.1:0".parse().unwrap()).await.unwrap()
}

/// The whole answer to one request, as Latin-1 so that any byte survives.
async fn request(addr: SocketAddr, method: &str, target: &str) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let head = format!("{method} {target} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer.into_iter().map(char::from).collect()
}

async fn body(addr: SocketAddr, target: &str) -> String {
    let answer = request(addr, "GET", target).await;
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

fn announce(id: char, port: u16, left: u64, more: &str) -> String {
    let hash = "%AA".repeat(20);
    let id = id.to_string().repeat(20);
    format!("/announce?info_hash={hash}&peer_id={id}&port={port}&left={left}{more}")
}

#[tokio::test]
async fn compact_and_dictionary_answers() {
    let local = start().await;
    let addr = local.addr();
    let alone = "d8:completei1e10:downloadedi0e10:incompletei0e8:intervali60e12:min intervali10e\
                 5:peers0:e";
    assert_eq!(body(addr, &announce('a', 6881, 0, "&event=started")).await, alone);
    let compact = body(addr, &announce('b', 6882, 5, "&compact=1")).await;
    assert!(compact.ends_with("5:peers6:\x7f\0\0\x01\x1a\u{e1}e"), "{compact:?}");
    let dictionaries = body(addr, &announce('b', 6882, 5, "&compact=0")).await;
    let peer = "5:peersld2:ip9:127.0.0.17:peer id20:aaaaaaaaaaaaaaaaaaaa4:porti6881eeee";
    assert!(dictionaries.ends_with(peer), "{dictionaries}");
    let bare = body(addr, &announce('b', 6882, 5, "&compact=0&no_peer_id=1")).await;
    assert!(bare.ends_with("5:peersld2:ip9:127.0.0.14:porti6881eeee"), "{bare}");
    local.shutdown().await;
}

#[tokio::test]
async fn the_address_is_the_connections_whatever_ip_says() {
    let local = start().await;
    body(local.addr(), &announce('a', 6881, 0, "&ip=8.8.8.8")).await;
    let answer = body(local.addr(), &announce('b', 6882, 5, "&compact=0&no_peer_id=1")).await;
    assert!(answer.contains("2:ip9:127.0.0.1"), "{answer}");
}

#[tokio::test]
async fn scrape_counts_named_and_all_torrents() {
    let local = start().await;
    let addr = local.addr();
    body(addr, &announce('a', 6881, 0, "&event=completed")).await;
    body(addr, &announce('b', 6882, 5, "")).await;
    let hash = "\u{aa}".repeat(20);
    let expected = format!("d5:filesd20:{hash}d8:completei1e10:downloadedi1e10:incompletei1eeee");
    assert_eq!(body(addr, &format!("/scrape?info_hash={}", "%aa".repeat(20))).await, expected);
    assert_eq!(body(addr, "/scrape").await, expected);
    let other = format!("/scrape?info_hash={}", "%bb".repeat(20));
    assert_eq!(body(addr, &other).await, "d5:filesdee");
}

#[tokio::test]
async fn bad_announces_are_refused_with_a_reason() {
    let local = start().await;
    let good = announce('a', 6881, 0, "");
    for target in [
        "/announce".to_owned(),
        good.replace("port=6881", "port=0"),
        good.replace("port=6881", "port=65536"),
        good.replace("%AA", "%A"),
        good.replace("peer_id=a", "peer_id="),
    ] {
        let answer = body(local.addr(), &target).await;
        assert!(answer.starts_with("d14:failure reason"), "{target}: {answer}");
    }
    let missing = request(local.addr(), "GET", "/nothing").await;
    assert!(missing.starts_with("HTTP/1.1 404"));
    assert!(request(local.addr(), "POST", &good).await.starts_with("HTTP/1.1 405"));
}

#[tokio::test]
async fn the_page_shows_swarms_and_escapes_clients() {
    let local = start().await;
    assert!(body(local.addr(), "/").await.contains("No torrents yet"));
    body(local.addr(), &announce('a', 6881, 0, "").replace("aaaaaaaa", "%3Cscript%3E")).await;
    let page = body(local.addr(), "/").await;
    assert!(page.contains(&"aa".repeat(20)) && page.contains("127.0.0.1:6881 seeder"), "{page}");
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
}

#[tokio::test]
async fn shutting_down_frees_the_port_despite_an_idle_connection() {
    let local = start().await;
    let addr = local.addr();
    let _idle = TcpStream::connect(addr).await.unwrap();
    local.shutdown().await;
    LocalTracker::bind(addr).await.unwrap();
}
