//! `/watch?magnet=` adds a torrent and plays it.
#![cfg(feature = "lab")]

mod browser;

use browser::Browser;
use fixtures::Result;
use fixtures::media::{Container, Film};
use fixtures::server::{Server, ServerOptions};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;

#[tokio::test(flavor = "multi_thread")]
async fn it_plays() -> Result<()> {
    let film = Film::new(Container::Mp4Faststart);
    let torrent = TorrentSpec::pieces_of(64 * 1024).of_file(&film.make()?)?;
    let seeders = Seeders::one(&torrent).await?;
    let mut browser = Browser::start().await;
    let server = Server::start(ServerOptions::new(env!("CARGO_BIN_EXE_millrace"))).await?;
    let magnet = torrent.magnet(&[], &seeders.addrs());
    let encoded: String = url::form_urlencoded::byte_serialize(magnet.as_bytes()).collect();
    browser.navigate(&server.client().url(&format!("/watch?magnet={encoded}"))).await;
    let plays = browser.until(|shown| shown["time"].as_f64() > Some(0.5)).await;
    assert!(plays["frames"].as_u64() > Some(0), "{plays}");
    browser.close().await;
    Ok(())
}
