//! HOSTILE 16: the address is checked after resolving, on every hop, and schemes fail closed.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use support::{FakeTracker, FakeUdp, LOCAL, ok, redirect, request};
use tracker::{Client, TrackerError, http};
use url::Url;
use wire::AddressPolicy;

const GLOBAL_ONLY: AddressPolicy = AddressPolicy::GLOBAL;

async fn get(url: &str, policy: &AddressPolicy) -> Result<http::HttpAnswer, TrackerError> {
    http::get(&Url::parse(url).unwrap(), policy).await
}

/// This machine, as a stranger may spell it.
const LOOPBACK: [&str; 9] = [
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
    "localhost",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
];

#[tokio::test]
async fn loopback_is_not_contacted_in_any_spelling() {
    let fake = FakeTracker::start(|_| ok(b"secret")).await;
    let port = fake.addr.port();
    for host in LOOPBACK {
        for scheme in ["http", "https"] {
            let answer = get(&format!("{scheme}://{host}:{port}/"), &GLOBAL_ONLY).await;
            assert!(matches!(answer, Err(TrackerError::Forbidden(_))), "{host}: {answer:?}");
        }
    }
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn no_datagram_goes_to_loopback_in_any_spelling() {
    let fake = FakeUdp::start(|_, _| vec![]).await;
    let client = Client::new(GLOBAL_ONLY);
    for host in LOOPBACK {
        let url = Url::parse(&format!("udp://{host}:{}/", fake.addr.port())).unwrap();
        let announced = client.announce(&url, &request()).await;
        assert!(matches!(announced, Err(TrackerError::Forbidden(_))), "{host}: {announced:?}");
        let scraped = client.scrape(&url, &[request().info_hash]).await;
        assert!(matches!(scraped, Err(TrackerError::Forbidden(_))), "{host}: {scraped:?}");
    }
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn a_udp_trackers_peers_pass_the_policy() {
    let fake = FakeUdp::start(|_, datagram| vec![support::well_behaved(datagram)]).await;
    let url = Url::parse(&fake.url()).unwrap();
    let announced = Client::new(LOCAL).announce(&url, &request()).await.unwrap();
    assert_eq!(announced.answer.peers, ["127.0.0.1:6881".parse().unwrap()]);
}

#[tokio::test]
async fn private_and_metadata_addresses_are_not_contacted() {
    for host in ["10.0.0.1", "192.168.1.1", "169.254.169.254", "[fe80::1]", "[fd00::1]"] {
        let answer = get(&format!("http://{host}/"), &GLOBAL_ONLY).await;
        assert!(matches!(answer, Err(TrackerError::Forbidden(_))), "{host}: {answer:?}");
    }
}

#[tokio::test]
async fn a_redirect_does_not_lead_to_a_forbidden_address() {
    // Never permitted, local or not: the hop is refused without leaving this machine.
    let fake = FakeTracker::start(|_| redirect("http://224.0.0.1/")).await;
    let answer = get(&fake.url(), &LOCAL).await;
    assert!(matches!(answer, Err(TrackerError::Forbidden(_))), "{answer:?}");
}

#[tokio::test]
async fn a_redirect_to_another_scheme_fails_closed() {
    for target in
        ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "udp://127.0.0.1:1/"]
    {
        let fake = FakeTracker::start(move |_| redirect(target)).await;
        let answer = get(&fake.url(), &LOCAL).await;
        assert!(matches!(answer, Err(TrackerError::UnsupportedScheme(_))), "{answer:?}");
    }
}
