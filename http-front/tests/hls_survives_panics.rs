//! `Hls` panics in each of its places: a viewer goes on from segment to segment, `/status` counts
//! it, and the whole joins.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test's helpers fail by panicking")]
#![cfg(feature = "lab")]

mod common;
mod hls_support;

use std::time::Duration;

use common::{local, survived, torrent};
use fixtures::media::Reel;
use fixtures::server::Client;
use hls_support::packets;
use http_front::serve;

/// No restart and no segment takes longer.
const LIMIT: Duration = Duration::from_secs(60);
/// The places that panic before each segment, and how often the actor restarts in all.
const PLACES: [(&[&str], u64); 3] =
    [(&["hls::handler"], 1), (&["hls::started", "hls::handler"], 3), (&["hls::future"], 4)];

#[test]
fn a_viewer_goes_on() {
    let scenario = fail::FailScenario::setup();
    engine::supervise::run(survive()).unwrap();
    scenario.teardown();
}

async fn survive() {
    let folder = tempfile::tempdir().unwrap();
    let running = serve::start(&local(folder.path())).await.unwrap();
    let source = Reel::Mp4.make().unwrap();
    let film = std::fs::read(&source).unwrap();
    let added = torrent(folder.path(), "film", &[("film.mp4", &film)]);
    let hash = running.engine.add(added).await.unwrap().view.info_hash;
    let client = Client::new(running.address);
    let base = format!("/api/stream/{hash}/0/v/copy");
    let mut whole = client.made(&format!("{base}/init.mp4?d=4&v=a"), LIMIT).await.unwrap();
    for n in 0.. {
        if let Some((places, restarts)) = PLACES.get(n) {
            for place in *places {
                fail::cfg(*place, "1*panic(struck)").unwrap();
            }
            // What is wanted strikes the handler; time strikes the other.
            let segment = format!("{base}/{n}.m4s?d=4&v=a");
            whole.extend(client.made(&segment, LIMIT).await.unwrap());
            counted(&client, *restarts).await;
            continue;
        }
        let answer = client.get(&format!("{base}/{n}.m4s?d=4&v=a")).await.unwrap();
        if answer.status == 404 {
            break;
        }
        whole.extend(answer.ok().unwrap().bytes().await.unwrap());
    }
    let path = folder.path().join("whole.mp4");
    std::fs::write(&path, whole).unwrap();
    assert_eq!(packets(&path, "v").len(), packets(&source, "v").len());
    running.shut_down().await;
}

/// Waits until `/status` says so.
async fn counted(client: &Client, restarts: u64) {
    let survived = |status: &serde_json::Value| survived(status, "Hls", restarts);
    client.until("/status", LIMIT, survived).await.unwrap();
}
