//! The page offers a film's subtitles and Chromium shows the one that is chosen, beside the file
//! as it is and in HLS alike.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]
#![cfg(feature = "lab")]

mod browser;
mod probe_support;

use browser::Browser;
use fixtures::Result;
use fixtures::server::Server;
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use probe_support::{AAC, Films, H264};
use serde_json::json;

/// A film with subtitles in English and German, each a text from 0 to 4, 8 and 12 s.
struct Shown {
    browser: Browser,
    _server: Server,
    _seeders: Seeders,
}

async fn open(sound: &[&str]) -> Result<Shown> {
    let films = Films::new();
    let texts = |language: &str| {
        let cue = |n: usize| {
            let (from, to) = (n * 4, n * 4 + 4);
            format!("{n}\n00:00:{from:02},000 --> 00:00:{to:02},000\n{language} {n}\n\n")
        };
        films.text(&format!("{language}.srt"), &(0..3).map(cue).collect::<String>())
    };
    let (one, two) = (texts("english"), texts("deutsch"));
    let maps = ["-i", &one, "-i", &two, "-map", "0", "-map", "1", "-map", "2", "-map", "3"];
    let more = ["-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=ger"];
    let film = films.make("film.mkv", &[&maps, H264, sound, &["-pix_fmt", "yuv420p"], &more]);
    let torrent = TorrentSpec::pieces_of(64 * 1024).of_file(&film)?;
    let seeders = Seeders::one(&torrent).await?;
    let (mut browser, server) = Browser::playing(&torrent, &seeders).await?;
    let offered = "[...document.getElementById('subtitles')?.options ?? []].map((one) => one.text)";
    let offered = browser.until_is(offered, |all| all.as_array().map(Vec::len) == Some(3)).await;
    assert_eq!(offered, json!(["Off", "English", "German"]));
    browser.until(|shown| shown["frames"].as_u64() > Some(0)).await;
    Ok(Shown { browser, _server: server, _seeders: seeders })
}

impl Shown {
    async fn choose(&mut self, number: usize) {
        self.browser.choose("subtitles", number).await;
    }

    /// Stops at `seconds`, where these texts are shown in the end.
    async fn at(&mut self, seconds: f64, texts: &[&str]) {
        self.browser.pause_at(seconds).await;
        let shown = "[...video.textTracks].filter((one) => one.mode === 'showing') \
             .flatMap((track) => [...track.activeCues ?? []]).map((cue) => cue.text)";
        self.browser.until_is(shown, |shown| *shown == json!(texts)).await;
    }
}

/// Each at its time, after a seek forth and back, and none.
async fn chosen_ones_are_shown(mut shown: Shown) {
    shown.choose(2).await;
    shown.at(1.0, &["deutsch 0"]).await;
    shown.at(11.0, &["deutsch 2"]).await;
    shown.choose(1).await;
    shown.at(5.0, &["english 1"]).await;
    shown.at(3.5, &["english 0"]).await;
    shown.choose(0).await;
    shown.at(5.0, &[]).await;
    shown.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_the_file_as_it_is() -> Result<()> {
    chosen_ones_are_shown(open(AAC).await?).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn in_hls() -> Result<()> {
    let mut shown = open(&["-c:a", "ac3"]).await?;
    shown.browser.asks_for("/v/copy/").await;
    chosen_ones_are_shown(shown).await;
    Ok(())
}
