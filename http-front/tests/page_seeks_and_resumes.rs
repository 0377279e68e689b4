//! Chromium plays a film as it is, seeks to 80 % and back, and goes on where it was after a reload.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]
#![cfg(feature = "lab")]

mod browser;

use std::time::Duration;

use browser::{Browser, number, watch};
use fixtures::Result;
use fixtures::media::{Container, Film};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;

/// Seeks as a viewer does, with the bar.
fn seek(seconds: u32) -> String {
    format!(
        "(() => {{ const bar = document.getElementById('seek'); bar.value = {seconds}; \
         bar.dispatchEvent(new Event('change')); }})()"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_on_where_it_was() -> Result<()> {
    let film = Film { seconds: 60, ..Film::new(Container::Mp4MoovAtEnd) };
    let torrent = TorrentSpec::pieces_of(64 * 1024).of_file(&film.make()?)?;
    let seeders = Seeders::limited(&torrent, 2, 2_000_000).await?;
    let (mut browser, server) = Browser::playing(&torrent, &seeders).await?;
    let client = server.client();
    let time = |shown: &serde_json::Value| number(shown, "time");
    let start = browser.until(|shown| time(shown) > 0.5).await;
    browser.evaluate(&seek(48)).await;
    let far = browser.until(|shown| time(shown) > 48.5).await;
    browser.evaluate(&seek(20)).await;
    let back = browser.until(|shown| time(shown) > 20.5 && time(shown) < 40.0).await;
    let frames = |shown: &serde_json::Value| shown["frames"].as_u64().unwrap();
    assert!(frames(&start) < frames(&far) && frames(&far) < frames(&back), "{back}");

    browser.evaluate("document.getElementById('video').pause()").await;
    let progress = format!("/api/playback/{}/0/progress", torrent.info_hash);
    let saved = |now: &serde_json::Value| now["position_sec"].as_f64().unwrap();
    let kept = client.until(&progress, Duration::from_secs(30), |now| saved(now) > 20.0).await?;
    browser.navigate("about:blank").await;
    browser.navigate(&client.url(&watch(&torrent))).await;
    let again = browser.until(|shown| time(shown) > saved(&kept)).await;
    assert!(time(&again) < saved(&kept) + 15.0, "{again} after {kept}");
    browser.close().await;
    Ok(())
}
