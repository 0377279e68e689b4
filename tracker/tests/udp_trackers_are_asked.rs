//! The UDP client against a tracker: connection ids kept and renewed, lost datagrams sent again,
//! refusals told (BEP 15).
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::time::Instant;

use support::{FakeUdp, LOCAL, action, request, udp_answer, well_behaved};
use tracker::http::TIMEOUT;
use tracker::{Client, Counts, TrackerError};
use url::Url;

const CONNECT: u32 = 0;
const ANNOUNCE: u32 = 1;
const SCRAPE: u32 = 2;

#[tokio::test]
async fn one_connection_id_serves_an_announce_and_a_scrape() {
    let fake = FakeUdp::start(|_, datagram| vec![well_behaved(datagram)]).await;
    let url = Url::parse(&fake.url()).unwrap();
    let client = Client::new(LOCAL);
    let answer = client.announce(&url, &request()).await.unwrap().answer;
    assert_eq!(answer.interval.as_secs(), 900);
    assert_eq!((answer.seeders, answer.leechers), (Some(1), Some(2)));
    assert_eq!(answer.peers, ["127.0.0.1:6881".parse().unwrap()]);
    let hash = request().info_hash;
    let counts = Counts { complete: 5, incomplete: 6, downloaded: 9 };
    assert_eq!(client.scrape(&url, &[hash]).await.unwrap(), [(hash, counts)]);
    assert_eq!(fake.actions(), [CONNECT, ANNOUNCE, SCRAPE]);
    assert_eq!(fake.asked()[2][..8], 7u64.to_be_bytes(), "the id it was given");

    tracker::client::scrape(&url, &[hash], LOCAL).await.unwrap();
    assert_eq!(fake.actions()[3..], [CONNECT, SCRAPE], "another client's ids are its own");
}

#[tokio::test]
async fn an_id_that_is_refused_is_renewed() {
    let fake = FakeUdp::start(|before, datagram| match (before, action(datagram)) {
        (2, ANNOUNCE) => vec![udp_answer(3, datagram, b"connection id expired")],
        _ => vec![well_behaved(datagram)],
    })
    .await;
    let url = Url::parse(&fake.url()).unwrap();
    let client = Client::new(LOCAL);
    client.announce(&url, &request()).await.unwrap();
    client.announce(&url, &request()).await.unwrap();
    assert_eq!(fake.actions(), [CONNECT, ANNOUNCE, ANNOUNCE, CONNECT, ANNOUNCE]);
}

#[tokio::test]
async fn a_refusal_is_told_in_the_trackers_words() {
    let fake = FakeUdp::start(|_, datagram| match action(datagram) {
        ANNOUNCE => vec![udp_answer(3, datagram, b"torrent not registered")],
        _ => vec![well_behaved(datagram)],
    })
    .await;
    let url = Url::parse(&fake.url()).unwrap();
    let refused = Client::new(LOCAL).announce(&url, &request()).await.unwrap_err();
    assert_eq!(refused, TrackerError::Refused("torrent not registered".to_owned()));
    assert_eq!(fake.actions(), [CONNECT, ANNOUNCE]);
}

#[tokio::test]
async fn a_lost_datagram_is_sent_again() {
    let fake = FakeUdp::start(|before, datagram| match before {
        0 => vec![],
        _ => vec![well_behaved(datagram)],
    })
    .await;
    let url = Url::parse(&fake.url()).unwrap();
    Client::new(LOCAL).announce(&url, &request()).await.unwrap();
    assert_eq!(fake.actions(), [CONNECT, CONNECT, ANNOUNCE]);
    assert_eq!(fake.asked()[0], fake.asked()[1], "the same transaction");
}

#[tokio::test]
async fn a_silent_tracker_is_given_up_in_time() {
    let fake = FakeUdp::start(|_, _| vec![]).await;
    let url = Url::parse(&fake.url()).unwrap();
    let start = Instant::now();
    let silence = Client::new(LOCAL).announce(&url, &request()).await.unwrap_err();
    assert_eq!(silence, TrackerError::Timeout);
    assert!(start.elapsed() < TIMEOUT + TIMEOUT / 3);
    assert_eq!(fake.actions(), [CONNECT; 3], "at once, after 3 s, after 9 s");
}

#[tokio::test]
async fn nobody_there_is_told_at_once() {
    let gone = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("udp://{}/announce", gone.local_addr().unwrap())).unwrap();
    drop(gone);
    let start = Instant::now();
    let error = Client::new(LOCAL).announce(&url, &request()).await.unwrap_err();
    assert!(matches!(error, TrackerError::Connect(_)), "{error:?}");
    assert!(start.elapsed() < TIMEOUT / 2);
}
