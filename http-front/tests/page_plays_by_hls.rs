//! Chromium, which has no AC-3, plays a film with it by HLS: sound, another sound, seeks.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]
#![cfg(feature = "lab")]

mod browser;
mod probe_support;

use browser::{Browser, number};
use fixtures::Result;
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use probe_support::{Films, H264};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn sound_that_chromium_lacks_is_heard_and_switched() -> Result<()> {
    let films = Films::new();
    let maps = &["-map", "0", "-map", "1", "-map", "1", "-c:a", "ac3", "-pix_fmt", "yuv420p"];
    let names = &["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger"];
    let film = films.make("film.mkv", &[maps, H264, names]);
    let torrent = TorrentSpec::pieces_of(64 * 1024).of_file(&film)?;
    let seeders = Seeders::one(&torrent).await?;
    let (mut browser, _server) = Browser::playing(&torrent, &seeders).await?;
    let plays = |shown: &Value| number(shown, "time") > 0.5 && number(shown, "sound") > 0.0;
    let start = browser.until(plays).await;
    assert!(number(&start, "frames") > 0.0, "{start}");
    let why = browser.evaluate("document.getElementById('watch-why').textContent").await;
    assert!(why.as_str().unwrap().contains("ac3"), "{why}");

    browser.evaluate("document.getElementById('video').currentTime = 9.6").await;
    browser.until(|shown| number(shown, "time") > 9.8).await;
    browser.evaluate("document.getElementById('video').currentTime = 2").await;
    browser.until(|shown| (2.1..9.0).contains(&number(shown, "time"))).await;

    let offered = "[...document.getElementById('audio').options].map((one) => one.text)";
    assert_eq!(browser.evaluate(offered).await, json!(["English", "German"]));
    let before = browser.until(|_| true).await;
    browser.choose("audio", 1).await;
    browser.asks_for("/a/1/").await;
    browser
        .until(|shown| {
            let grows = |field| number(shown, field) > number(&before, field);
            grows("sound") && grows("time")
        })
        .await;
    browser.close().await;
    Ok(())
}
