//! Chromium opens the page's deep link: the film plays while peers still deliver it.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]
#![cfg(feature = "lab")]

mod browser;

use browser::Browser;
use fixtures::Result;
use fixtures::media::{Container, Film};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_deep_link_plays_while_it_downloads() -> Result<()> {
    let film = Film { seconds: 60, ..Film::new(Container::Mp4MoovAtEnd) };
    let torrent = TorrentSpec::pieces_of(64 * 1024).of_file(&film.make()?)?;
    // 15 MB at 600 kB/s: the film's first seconds are long over when its download ends.
    let seeders = Seeders::limited(&torrent, 2, 300_000).await?;
    let (mut browser, server) = Browser::playing(&torrent, &seeders).await?;
    let start = browser.until(|shown| shown["frames"].as_u64() > Some(0)).await;
    let later = browser
        .until(|shown| {
            let grown = |field: &str| shown[field].as_f64() > start[field].as_f64();
            grown("time") && grown("frames") && shown["time"].as_f64() > Some(1.0)
        })
        .await;
    let now = server.client().torrent(&torrent.info_hash).await?;
    assert!(now["downloaded"].as_u64() < now["length"].as_u64(), "it was not streamed: {now}");
    assert_eq!((&later["error"], &later["message"]), (&Value::Null, &json!("")), "{later}");
    assert_eq!(later["name"], torrent.files[0].path.file_name().unwrap().to_str().unwrap());
    assert!(later["state"].as_str().is_some_and(|state| state.contains("2 peers")), "{later}");
    // A seek by the viewer: what lies far ahead comes first.
    browser.evaluate("document.getElementById('video').currentTime = 48").await;
    browser.until(|shown| shown["time"].as_f64() > Some(48.5)).await;
    browser.close().await;
    Ok(())
}
