//! The local tracker over UDP (BEP 15): both transports share the swarms, connection ids are
//! needed, peers fit the asker's address family.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::net::SocketAddr;

use support::{LOCAL, request};
use tokio::net::UdpSocket;
use tracker::server::query::Transport;
use tracker::udp::packet::{self, Action, Awaited, ConnectionId, Reply, TransactionId};
use tracker::{Client, Counts, Event, Family, LocalTracker, Request, Transfer};
use url::Url;
use wire::{InfoHash, PeerId};

const TRANSACTION: TransactionId = TransactionId(1);

async fn start(addr: &str) -> LocalTracker {
    LocalTracker::bind(addr.parse().unwrap()).await.unwrap()
}

fn peer(port: u16, left: u64) -> Request {
    let mut id = *b"-MR0100-\0\0abcdefghij";
    id[8..10].copy_from_slice(&port.to_be_bytes());
    let transfer = Transfer { left, ..Transfer::default() };
    Request { port, peer_id: PeerId(id), transfer, ..request() }
}

/// Announces, and says who was named.
async fn announce(url: &str, request: &Request) -> Vec<String> {
    let url = Url::parse(url).unwrap();
    let announced = Client::new(LOCAL).announce(&url, request).await.unwrap();
    announced.answer.peers.iter().map(ToString::to_string).collect()
}

/// Sends one datagram, and reads the answer to it.
async fn ask(to: SocketAddr, packet: &[u8], action: Action) -> Reply {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(to).await.unwrap();
    socket.send(packet).await.unwrap();
    let mut buffer = [0; 2048];
    let length = socket.recv(&mut buffer).await.unwrap();
    let awaited = Awaited { action, transaction: TRANSACTION, family: Family::V4 };
    awaited.read(&buffer[..length]).unwrap()
}

#[tokio::test]
async fn peers_of_both_transports_meet() {
    let local = start("127.0.0.1:0").await;
    assert_eq!(announce(&local.udp_announce_url(), &peer(1, 0)).await, [""; 0]);
    assert_eq!(announce(&local.announce_url(), &peer(2, 9)).await, ["127.0.0.1:1"]);
    assert_eq!(announce(&local.udp_announce_url(), &peer(1, 0)).await, ["127.0.0.1:2"]);

    let torrents = local.torrents();
    let peers: Vec<_> =
        torrents[0].peers.iter().map(|p| (p.addr.port(), p.left, p.transport)).collect();
    assert_eq!(peers, [(1, Some(0), Transport::Udp), (2, Some(9), Transport::Http)]);
    let page = tracker::http::get(&Url::parse(&local.page_url()).unwrap(), &LOCAL).await.unwrap();
    let page = String::from_utf8(page.body.to_vec()).unwrap();
    assert!(page.contains("127.0.0.1:1 seeder (-MR0100-, UDP)"), "{page}");
    assert!(page.contains("127.0.0.1:2 leecher, 9 bytes left (-MR0100-, HTTP)"), "{page}");

    let gone = Request { event: Event::Stopped, ..peer(1, 0) };
    announce(&local.udp_announce_url(), &gone).await;
    assert_eq!(announce(&local.announce_url(), &peer(2, 9)).await, [""; 0]);
    local.shutdown().await;
}

#[tokio::test]
async fn each_family_is_told_of_its_own() {
    let local = start("[::]:0").await;
    let port = local.addr().port();
    let (v4, v6) = (format!("127.0.0.1:{port}"), format!("[::1]:{port}"));
    let udp = |addr: &str| format!("udp://{addr}/announce");
    let http = |addr: &str| format!("http://{addr}/announce");
    announce(&udp(&v4), &peer(1, 0)).await;
    announce(&udp(&v6), &peer(2, 0)).await;
    assert_eq!(announce(&udp(&v4), &peer(3, 9)).await, ["127.0.0.1:1"]);
    assert_eq!(announce(&udp(&v6), &peer(4, 9)).await, ["[::1]:2"]);
    // BEP 7: HTTP has room for both.
    for addr in [v4, v6] {
        let mut both = announce(&http(&addr), &peer(5, 0)).await;
        both.sort();
        assert_eq!(both, ["127.0.0.1:3", "[::1]:4"]);
    }
    local.shutdown().await;
}

#[tokio::test]
async fn scrape_over_udp_and_http_agree() {
    let local = start("127.0.0.1:0").await;
    announce(&local.udp_announce_url(), &peer(1, 0)).await;
    announce(&local.udp_announce_url(), &peer(2, 9)).await;
    announce(&local.udp_announce_url(), &Request { event: Event::Completed, ..peer(3, 0) }).await;
    let known = (request().info_hash, Counts { complete: 2, incomplete: 1, downloaded: 1 });
    let nobody = (InfoHash([0; 20]), Counts::default());
    let hashes = [nobody.0, known.0];
    let client = Client::new(LOCAL);
    let udp = Url::parse(&local.udp_announce_url()).unwrap();
    assert_eq!(client.scrape(&udp, &hashes).await.unwrap(), [nobody, known]);
    let http = Url::parse(&local.announce_url()).unwrap();
    assert_eq!(client.scrape(&http, &hashes).await.unwrap(), [known]);
    local.shutdown().await;
}

#[tokio::test]
async fn without_its_connection_id_nobody_is_entered() {
    let local = start("127.0.0.1:0").await;
    let made_up = packet::announce(ConnectionId(1), TRANSACTION, &peer(1, 0), b"");
    let refused = ask(local.addr(), &made_up, Action::Announce).await;
    assert!(matches!(refused, Reply::Error(_)), "{refused:?}");
    let made_up = packet::scrape(ConnectionId(1), TRANSACTION, &[request().info_hash]);
    let refused = ask(local.addr(), &made_up, Action::Scrape).await;
    assert!(matches!(refused, Reply::Error(_)), "{refused:?}");
    assert!(local.torrents().is_empty());

    let connect = packet::connect(TRANSACTION);
    let Reply::Connected(id) = ask(local.addr(), &connect, Action::Connect).await else {
        panic!("no connection id");
    };
    let port_0 = packet::announce(id, TRANSACTION, &peer(0, 0), b"");
    let refused = ask(local.addr(), &port_0, Action::Announce).await;
    assert!(matches!(refused, Reply::Error(_)), "{refused:?}");
    let real = packet::announce(id, TRANSACTION, &peer(1, 0), b"\x02\x09/announce");
    let taken = ask(local.addr(), &real, Action::Announce).await;
    assert!(matches!(taken, Reply::Announced { seeders: Some(1), .. }), "{taken:?}");
    local.shutdown().await;
}

#[tokio::test]
async fn an_answer_fits_a_datagram_every_network_passes() {
    let local = start("[::1]:0").await;
    let client = Client::new(LOCAL);
    let url = Url::parse(&local.udp_announce_url()).unwrap();
    for port in 1..=150 {
        client.announce(&url, &peer(port, 9)).await.unwrap();
    }
    let asker = Request { numwant: u32::MAX, ..peer(200, 9) };
    assert_eq!(client.announce(&url, &asker).await.unwrap().answer.peers.len(), 50);
    let asker = Request { numwant: 200, ..peer(200, 9) };
    let peers = client.announce(&url, &asker).await.unwrap().answer.peers.len();
    assert!(peers > 50 && 20 + 18 * peers <= 1280 - 48, "{peers}");
    local.shutdown().await;
}

#[tokio::test]
async fn shutting_down_frees_the_udp_port_too() {
    let local = start("127.0.0.1:0").await;
    let addr = local.addr();
    local.shutdown().await;
    UdpSocket::bind(addr).await.unwrap();
}
