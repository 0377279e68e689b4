//! What a tracker hears over a torrent's life: each event once, counters as they are, and what it
//! answers reaches the torrent.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use actix::prelude::*;
use support::{FakeTracker, config, ok, param, status_when, until};
use tracker::actor::{Announce, Completed, Stats, Status, Stop};
use tracker::{LocalTracker, PeersFound, Phase, Tracker, TrackerStatus, Transfer};

const ANSWER: &[u8] = b"d8:intervali900e5:peers6:\x7f\0\0\x01\x1a\xe1e";

/// Keeps what it is told.
#[derive(Default)]
struct Listener {
    found: Vec<PeersFound>,
}

#[derive(Message)]
#[rtype(result = "Vec<PeersFound>")]
struct Heard;

impl Actor for Listener {
    type Context = Context<Self>;
}

impl Handler<PeersFound> for Listener {
    type Result = ();
    fn handle(&mut self, found: PeersFound, _: &mut Self::Context) {
        self.found.push(found);
    }
}

impl Handler<Heard> for Listener {
    type Result = MessageResult<Heard>;
    fn handle(&mut self, _: Heard, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.found.clone())
    }
}

/// Waits until every tracker has answered.
async fn settled(tracker: &Addr<Tracker>) -> Vec<TrackerStatus> {
    let busy = |t: &TrackerStatus| matches!(t.status, Phase::Announcing | Phase::Waiting);
    status_when(tracker, |status| !status.iter().any(busy)).await
}

#[test]
fn each_event_once_with_the_counters_of_its_moment() {
    System::new().block_on(async {
        let fake = FakeTracker::start(|_| ok(ANSWER)).await;
        let listener = Listener::default().start();
        let config = config(vec![vec![fake.url()]]);
        let tracker = Tracker::new(config.clone(), listener.clone().recipient()).start();

        fake.wait_asked(1).await;
        let status = settled(&tracker).await;
        assert_eq!((status[0].status, status[0].peers), (Phase::Working, 1));
        assert!(status[0].next_announce.unwrap().as_secs() > 890);

        let now = Transfer { uploaded: 5, downloaded: 600, left: 400 };
        tracker.send(Stats(now)).await.unwrap();
        tracker.send(Announce::Now).await.unwrap();
        fake.wait_asked(2).await;
        settled(&tracker).await;

        let done = Transfer { uploaded: 9, downloaded: 1000, left: 0 };
        tracker.send(Stats(done)).await.unwrap();
        tracker.send(Completed).await.unwrap();
        fake.wait_asked(3).await;
        settled(&tracker).await;

        tracker.send(Announce::Now).await.unwrap();
        fake.wait_asked(4).await;
        settled(&tracker).await;
        tracker.send(Stop).await.unwrap();

        assert_eq!(fake.events(), ["started", "-", "completed", "-", "stopped"]);
        let counters: Vec<_> = fake
            .announces()
            .iter()
            .map(|t| ["uploaded", "downloaded", "left"].map(|key| param(t, key).unwrap()))
            .collect();
        assert_eq!(counters[0], ["0", "0", "1000"]);
        assert_eq!(counters[1], ["5", "600", "400"]);
        assert_eq!(counters[2], ["9", "1000", "0"]);
        assert_eq!(counters[4], ["9", "1000", "0"]);

        let heard = listener.send(Heard).await.unwrap();
        assert_eq!(heard.len(), 4, "a goodbye brings no peers");
        assert_eq!(heard[0].info_hash, config.info_hash);
        assert_eq!(heard[0].peers, ["127.0.0.1:6881".parse().unwrap()]);
    });
}

#[test]
fn stopping_is_bounded_when_the_tracker_is_silent() {
    System::new().block_on(async {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/announce", silent.local_addr().unwrap());
        let listener = Listener::default().start();
        let tracker = Tracker::new(config(vec![vec![url]]), listener.recipient()).start();
        let _held = silent.accept().await.unwrap();
        let start = std::time::Instant::now();
        tracker.send(Stop).await.unwrap();
        assert!(start.elapsed() < tracker::actor::STOP_TIMEOUT * 2);
        until(async || tracker.connected(), |connected| !connected).await;
    });
}

#[test]
fn an_unsupported_scheme_is_shown_as_failed() {
    System::new().block_on(async {
        let listener = Listener::default().start();
        let urls = ["wss://tracker.invalid/announce", "udp://tracker.invalid/announce", "nonsense"];
        let tiers = urls.map(|url| vec![url.to_owned()]).to_vec();
        let tracker = Tracker::new(config(tiers), listener.recipient()).start();
        for status in tracker.send(Status).await.unwrap() {
            assert_eq!(status.status, Phase::Failed, "{status:?}");
            assert_eq!(status.next_announce, None);
            assert!(status.error.is_some());
        }
    });
}

#[test]
fn two_actors_meet_through_the_local_tracker() {
    System::new().block_on(async {
        let local = LocalTracker::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let tiers = vec![vec![local.announce_url()]];
        let first = config(tiers.clone());
        let mut second = config(tiers);
        second.port = 6882;
        second.peer_id = wire::PeerId::ours(*b"ABCDEFGHIJKL");

        let (ear_1, ear_2) = (Listener::default().start(), Listener::default().start());
        let first = Tracker::new(first, ear_1.recipient()).start();
        settled(&first).await;
        let second = Tracker::new(second, ear_2.clone().recipient()).start();
        settled(&second).await;
        let heard = ear_2.send(Heard).await.unwrap();
        assert_eq!(heard[0].peers, ["127.0.0.1:6881".parse().unwrap()]);

        first.send(Stop).await.unwrap();
        second.send(Announce::Now).await.unwrap();
        status_when(&second, |status| status[0].peers == 0).await;
        local.shutdown().await;
    });
}
