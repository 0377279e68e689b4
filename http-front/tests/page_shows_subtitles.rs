//! The page offers a film's subtitles and Chromium shows the one that is chosen.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]
#![cfg(feature = "lab")]

mod browser;
mod probe_support;

use browser::Browser;
use fixtures::Result;
use fixtures::server::{Server, ServerOptions};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use probe_support::{AAC, Films, H264};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_chosen_one_is_shown() -> Result<()> {
    let films = Films::new();
    let texts = |text: &str| {
        let cue = format!("1\n00:00:00,000 --> 00:00:11,000\n{text}\n");
        films.text(&format!("{text}.srt"), &cue)
    };
    let (one, two) = (texts("hello"), texts("hallo"));
    let maps = ["-i", &one, "-i", &two, "-map", "0", "-map", "1", "-map", "2", "-map", "3"];
    let more = ["-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=ger"];
    let film = films.make("film.mkv", &[&maps, H264, AAC, &["-pix_fmt", "yuv420p"], &more]);
    let torrent = TorrentSpec::pieces_of(64 * 1024).of_file(&film)?;
    let seeders = Seeders::one(&torrent).await?;
    let mut browser = Browser::start().await;
    let server = Server::start(ServerOptions::new(env!("CARGO_BIN_EXE_millrace"))).await?;
    server.client().add(&torrent, &seeders.addrs()).await?;
    let address = format!("/?play={}&file=0", torrent.info_hash);
    browser.navigate(&server.client().url(&address)).await;
    let offered = "[...document.getElementById('subtitles')?.options ?? []].map((one) => one.text)";
    let offered = browser.until_is(offered, |all| all.as_array().map(Vec::len) == Some(3)).await;
    assert_eq!(offered, json!(["Off", "English", "German"]));
    let choose = "(() => { const choice = document.getElementById('subtitles'); \
        choice.selectedIndex = 2; choice.dispatchEvent(new Event('change')); })()";
    browser.evaluate(choose).await;
    let shown = "[...document.getElementById('video').textTracks] \
        .flatMap((track) => [...track.activeCues ?? []]).map((cue) => cue.text)";
    browser.until_is(shown, |shown| *shown == json!(["hallo"])).await;
    browser.close().await;
    Ok(())
}
