//! Chromium plays picture and sound of every film of the reel while it downloads: it seeks, switches
//! sound, shows subtitles and goes on where it was.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]
#![cfg(feature = "lab")]

mod browser;

use std::time::Duration;

use browser::{Browser, number, watch};
use fixtures::Result;
use fixtures::media::Reel;
use fixtures::server::{Server, ServerOptions};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use serde_json::{Value, json};

/// About four times what the films take.
const BYTES_PER_S: u64 = 400_000;
/// Pictures a second of every film.
const RATE: f64 = 25.0;
/// So far from both ends that a reload goes on there.
const LEFT_AT: f64 = 12.5;

/// Seeks to `from` and waits until picture and sound of what lies behind it were decoded.
async fn plays_from(browser: &mut Browser, from: f64) {
    let seek = format!(
        "(() => {{ const video = document.getElementById('video'); \
         video.currentTime = {from}; video.play(); }})()"
    );
    browser.evaluate(&seek).await;
    let sought = browser.until(|shown| number(shown, "time") >= from).await;
    let near = |shown: &Value| (from + 0.2..from + 10.0).contains(&number(shown, "time"));
    let grown = |shown: &Value, field| number(shown, field) > number(&sought, field);
    let plays = |shown: &Value| near(shown) && grown(shown, "frames") && grown(shown, "sound");
    let back = browser.until(plays).await;
    assert_eq!(back["error"], Value::Null, "{back}");
}

async fn switches_sound(browser: &mut Browser) {
    browser.choose("audio", 1).await;
    browser.asks_for("/a/1/").await;
    plays_from(browser, 6.0).await;
}

async fn shows_each_subtitle(browser: &mut Browser) {
    browser.pause_at(13.25).await;
    for (n, language) in [(1, "eng"), (2, "deu"), (3, "fra")] {
        browser.choose("subtitles", n).await;
        let shown = "[...video.textTracks] \
            .flatMap((track) => [...track.activeCues ?? []].map((cue) => [track.language, cue.text]))";
        browser.until_is(shown, |shown| *shown == json!([[language, "Line 3"]])).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_plays_seeks_and_resumes() -> Result<()> {
    let mut browser = Browser::start().await;
    let server = Server::start(ServerOptions::new(env!("CARGO_BIN_EXE_millrace"))).await?;
    let client = server.client();
    for reel in Reel::ALL {
        let torrent = TorrentSpec::pieces_of(64 * 1024).of_file(&reel.make()?)?;
        let seeders = Seeders::limited(&torrent, 1, BYTES_PER_S).await?;
        client.add(&torrent, &seeders.addrs()).await?;
        let address = client.url(&watch(&torrent));
        let plays = |shown: &Value, from: f64| {
            let decoded = number(shown, "frames") > 0.0 && number(shown, "sound") > 0.0;
            shown["name"] == reel.name() && number(shown, "time") > from && decoded
        };
        browser.navigate(&address).await;
        browser.until(|shown| plays(shown, 0.2)).await;
        plays_from(&mut browser, 19.2).await;
        plays_from(&mut browser, 3.0).await;
        if reel == Reel::MkvTracks {
            switches_sound(&mut browser).await;
            shows_each_subtitle(&mut browser).await;
        }
        browser.pause_at(LEFT_AT).await;
        browser.navigate("about:blank").await;
        let progress = format!("/api/playback/{}/0/progress", torrent.info_hash);
        let saved = |now: &Value| now["position_sec"] == LEFT_AT;
        client.until(&progress, Duration::from_secs(30), saved).await?;
        browser.navigate(&address).await;
        let again = browser.until(|shown| plays(shown, LEFT_AT + 0.2)).await;
        let from_start = number(&again, "time") * RATE;
        assert!(number(&again, "frames") < from_start - 5.0 * RATE, "{reel:?}: {again}");
    }
    browser.close().await;
    Ok(())
}
