//! With `hls_while_incomplete` the page plays by HLS until the file is whole; then, at a pause or a
//! seek, it goes over to the file as it is and keeps the time.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]
#![cfg(feature = "lab")]

mod browser;

use browser::{Browser, number, watch};
use fixtures::Result;
use fixtures::media::{Container, Film};
use fixtures::server::{Server, ServerOptions};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use serde_json::Value;

/// What plays, and how.
const PLAYS: &str = "(() => { const video = document.getElementById('video');
    return video && { hls: video.currentSrc.startsWith('blob:'), time: video.currentTime,
        paused: video.paused, ready: video.readyState > 2 && !video.seeking,
        state: document.getElementById('watch-state')?.textContent }; })()";

fn time(shown: &Value) -> f64 {
    number(shown, "time")
}

/// A film that was HLS and is played as it is.
struct Left {
    browser: Browser,
    /// What was shown before, and then.
    before: Value,
    after: Value,
    _server: Server,
    _seeders: Seeders,
}

/// Plays a film by HLS until it is whole, then does `act` to the video.
async fn leaves(act: &str) -> Result<Left> {
    let film = Film { seconds: 60, ..Film::new(Container::Mp4Faststart) };
    let torrent = TorrentSpec::pieces_of(64 * 1024).of_file(&film.make()?)?;
    let seeders = Seeders::one(&torrent).await?;
    let mut browser = Browser::start().await;
    let mut options = ServerOptions::new(env!("CARGO_BIN_EXE_millrace"));
    options.env.push(("MILLRACE_HLS_WHILE_INCOMPLETE".into(), "true".into()));
    let server = Server::start(options).await?;
    let (client, hash) = (server.client(), &torrent.info_hash);
    // It is incomplete until somebody reads it.
    client.add(&torrent, &[]).await?;
    client.select(hash, &[]).await?;
    client.add_peers(hash, &seeders.addrs()).await?;
    // Whoever lets the server choose gets HLS like the page.
    let auto = format!("/api/stream/{hash}/0");
    assert_eq!(client.get(&auto).await?.status, 302);
    browser.navigate(&client.url(&watch(&torrent))).await;
    browser.until_is(PLAYS, |shown| shown["hls"] == true && time(shown) > 0.5).await;
    client.select(hash, &[0]).await?;
    let whole =
        |shown: &Value| shown["state"].as_str().is_some_and(|state| state.starts_with("complete"));
    let before = browser.until_is(PLAYS, whole).await;
    assert_eq!(before["hls"], true, "nobody paused or sought: {before}");
    assert_eq!(client.get(&auto).await?.status, 200);
    browser.evaluate(&format!("document.getElementById('video').{act}")).await;
    let direct = |shown: &Value| shown["hls"] == false && shown["ready"] == true;
    let after = browser.until_is(PLAYS, direct).await;
    Ok(Left { browser, before, after, _server: server, _seeders: seeders })
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_pause() -> Result<()> {
    let mut left = leaves("pause()").await?;
    assert_eq!(left.after["paused"], true, "{}", left.after);
    let paused = time(&left.after);
    assert!(paused >= time(&left.before), "{} after {}", left.after, left.before);
    left.browser.evaluate("document.getElementById('video').play() && null").await;
    left.browser.until_is(PLAYS, |shown| time(shown) > paused + 0.5).await;
    left.browser.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_seek() -> Result<()> {
    let mut left = leaves("currentTime = 50").await?;
    assert!(time(&left.after) >= 49.9, "{}", left.after);
    let plays = |shown: &Value| shown["paused"] == false && time(shown) > 50.5;
    left.browser.until_is(PLAYS, plays).await;
    left.browser.close().await;
    Ok(())
}
