//! The actor with HTTP, HTTPS and UDP trackers in one tier (BEP 12), and how many it says are in
//! the swarm: as announced, else as scraped (BEP 48).
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use actix::prelude::*;
use support::{FakeTracker, FakeUdp, config, deaf, ok, status_when, well_behaved};
use tracker::actor::Stop;
use tracker::{LocalTracker, Phase, Tracker, TrackerStatus};

fn start(tiers: Vec<Vec<String>>) -> Addr<Tracker> {
    Tracker::new(config(tiers), deaf()).start()
}

fn works(status: &[TrackerStatus]) -> bool {
    status.iter().any(|tracker| tracker.status == Phase::Working)
}

#[test]
fn in_a_mixed_tier_the_one_that_answers_comes_to_the_front() {
    System::new().block_on(async {
        let udp = FakeUdp::start(|_, datagram| vec![well_behaved(datagram)]).await;
        let http = FakeTracker::start(|_| ok(b"d8:intervali900e5:peers0:e")).await;
        // Nobody listens on port 1.
        let dead =
            ["http", "https", "udp"].map(|scheme| format!("{scheme}://127.0.0.1:1/announce"));
        for alive in [udp.url(), http.url()] {
            let mut tried_in_vain = 0;
            for seed in 0..6 {
                let tiers = vec![[&dead[..], std::slice::from_ref(&alive)].concat()];
                let config = tracker::Config { seed, ..config(tiers) };
                let tracker = Tracker::new(config, deaf()).start();
                let status = status_when(&tracker, works).await;
                assert_eq!((&status[0].url, status[0].status), (&alive, Phase::Working));
                assert!(status.iter().all(|other| other.tier == 0));
                tried_in_vain += status.iter().filter(|o| o.status == Phase::Failed).count();
                tracker.send(Stop).await.unwrap();
            }
            assert!(tried_in_vain > 3, "the tier is shuffled: {tried_in_vain}");
        }
    });
}

#[test]
fn counts_are_the_announces_own() {
    System::new().block_on(async {
        let udp = FakeUdp::start(|_, datagram| vec![well_behaved(datagram)]).await;
        let tracker = start(vec![vec![udp.url()]]);
        let status = status_when(&tracker, works).await;
        assert_eq!((status[0].seeders, status[0].leechers), (Some(1), Some(2)));
        tracker.send(Stop).await.unwrap();
        assert_eq!(udp.actions(), [0, 1, 1], "no scrape, and the goodbye needs no new id");
    });
}

#[test]
fn where_the_announce_is_silent_a_scrape_is_made() {
    System::new().block_on(async {
        let http = FakeTracker::start(|target| {
            if target.starts_with("/scrape") {
                let hash = [0xab; 20];
                ok(&[b"d5:filesd20:", &hash[..], b"d8:completei5e10:incompletei6eeee"].concat())
            } else {
                ok(b"d8:intervali900e5:peers0:e")
            }
        })
        .await;
        let tracker = start(vec![vec![http.url()]]);
        let status = status_when(&tracker, |status| status[0].seeders.is_some()).await;
        assert_eq!((status[0].seeders, status[0].leechers), (Some(5), Some(6)));
        tracker.send(Stop).await.unwrap();
        let scrapes = http.asked().len() - http.announces().len();
        assert_eq!(scrapes, 1, "none at the goodbye");
    });
}

#[test]
fn leaving_is_said_over_udp() {
    System::new().block_on(async {
        let local = LocalTracker::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let tracker = start(vec![vec![local.udp_announce_url()]]);
        status_when(&tracker, works).await;
        assert_eq!(local.torrents()[0].peers[0].addr.port(), 6881);
        tracker.send(Stop).await.unwrap();
        assert!(local.torrents().is_empty());
        local.shutdown().await;
    });
}
