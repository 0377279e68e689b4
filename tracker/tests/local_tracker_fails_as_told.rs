//! The fault switches: how they are written, and what a client sees of them.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::time::{Duration, Instant};

use support::{LOCAL, request};
use tracker::server::fault::{FaultDice, Faults, MAX_DELAY};
use tracker::server::store::Limits;
use tracker::{Client, LocalTracker, TrackerError, http};
use url::Url;

async fn start(faults: &str) -> LocalTracker {
    let faults = faults.parse().unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    LocalTracker::bind_with(any, Limits::default(), faults).await.unwrap()
}

/// What an announce to each transport's URL comes to.
async fn announce(local: &LocalTracker) -> [Result<(), TrackerError>; 2] {
    let client = Client::new(LOCAL);
    let request = request();
    let announced = [local.announce_url(), local.udp_announce_url()].map(|url| {
        let (client, request) = (&client, &request);
        async move { client.announce(&Url::parse(&url).unwrap(), request).await.map(|_| ()) }
    });
    let [http, udp] = announced;
    [http.await, udp.await]
}

#[test]
fn switches_are_read() {
    let read = |text: &str| text.parse::<Faults>();
    assert_eq!(read("").unwrap(), Faults::default());
    let all = read("drop=0.1,seed=7,delay=2s,error=no, not today").unwrap();
    assert_eq!((all.drop, all.seed, all.delay), (0.1, 7, Duration::from_secs(2)));
    assert_eq!(all.error.as_deref(), Some("no, not today"));
    assert_eq!(read("delay=250ms").unwrap().delay, Duration::from_millis(250));
    assert_eq!(read("delay=1.5").unwrap().delay, Duration::from_millis(1500));
    let too_long = format!("delay={}", MAX_DELAY.as_secs() + 1);
    for wrong in [
        "drop",
        "drop=",
        "drop=2",
        "drop=-0.1",
        "drop=NaN",
        "delay=-1s",
        "delay=s",
        "seed=-1",
        "x=1",
        "a",
        &too_long,
    ] {
        assert_eq!(read(wrong), Err(TrackerError::InvalidFault(wrong.to_owned())));
    }
}

#[test]
fn a_seed_drops_the_same_answers_again_in_their_share() {
    let drops = |seed| {
        let mut dice = FaultDice::new(Faults { drop: 0.25, seed, ..Faults::default() });
        (0..4000).map(|_| dice.roll().is_dropped).collect::<Vec<_>>()
    };
    let first = drops(1);
    assert_eq!(first, drops(1));
    assert_ne!(first, drops(2));
    let share = first.iter().filter(|dropped| **dropped).count();
    assert!((800..1200).contains(&share), "{share}");
}

#[tokio::test]
async fn an_error_is_every_answer() {
    let local = start("error=closed, for good").await;
    let refused = Err(TrackerError::Refused("closed, for good".to_owned()));
    assert_eq!(announce(&local).await, [refused.clone(), refused.clone()]);
    let url = Url::parse(&local.announce_url()).unwrap();
    let scraped = Client::new(LOCAL).scrape(&url, &[request().info_hash]).await;
    assert_eq!(scraped.map(|_| ()), refused);
    assert!(local.torrents().is_empty());
    let page = http::get(&Url::parse(&local.page_url()).unwrap(), &LOCAL).await.unwrap();
    assert_eq!(page.status, 200, "the page is exempt");
    local.shutdown().await;
}

#[tokio::test]
async fn a_dropped_answer_is_a_closed_connection_or_silence() {
    let local = start("drop=1").await;
    let [http, udp] = announce(&local).await;
    assert!(matches!(http, Err(TrackerError::Http(_))), "{http:?}");
    assert_eq!(udp, Err(TrackerError::Timeout));
    local.shutdown().await;
}

#[tokio::test]
async fn a_delay_is_waited_out() {
    let local = start("delay=300ms").await;
    for url in [local.announce_url(), local.udp_announce_url()] {
        let start = Instant::now();
        let url = Url::parse(&url).unwrap();
        Client::new(LOCAL).announce(&url, &request()).await.unwrap();
        assert!(start.elapsed() >= Duration::from_millis(300), "{url}");
    }
    local.shutdown().await;
}
