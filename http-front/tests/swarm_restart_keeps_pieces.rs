//! Stopped in the middle and started again, the server has what it had, and fetches only the rest.
//!
//! Saved pieces were once looked for below the working directory instead of the download folder, so
//! that none was found and each start hashed every file of every torrent. The outcome was the same,
//! minutes later; a file that can't be the torrent's shows whether anybody read it.
#![cfg(feature = "lab")]

use std::time::Duration;

use fixtures::Result;
use fixtures::server::{Server, ServerOptions, StreamRequest};
use fixtures::swarm::{Seeders, SeedersOptions};
use fixtures::torrents::TorrentSpec;

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle() -> Result<()> {
    let length = 24 << 20;
    let torrent = TorrentSpec::pieces_of(256 * 1024).of_random("film.mp4", 15, length)?;
    let seeders = Seeders::limited(&torrent, 1, 4_000_000).await?;
    let data = tempfile::tempdir()?;
    let options = ServerOptions::new(env!("CARGO_BIN_EXE_millrace")).data_dir(data.path());
    let server = Server::start(options.clone()).await?;
    server.client().add(&torrent, &seeders.addrs()).await?;
    let first = server.client().read(&torrent, 0, 0, 8 << 20).await?;
    let held = server.client().pieces_held(&torrent.info_hash).await?;
    assert!(server.stop().await?.success());

    let server = Server::start(options).await?;
    let client = server.client();
    let path = format!("/api/torrents/{}", torrent.info_hash);
    let checked = |answer: &serde_json::Value| answer["data"]["status"] != "checking";
    client.until(&path, Duration::from_secs(20), checked).await?;
    let kept = client.pieces_held(&torrent.info_hash).await?;
    assert!(kept >= held, "{held} pieces before the restart, {kept} after");
    let again = client.read(&torrent, 0, 0, 8 << 20).await?;
    assert!(again == first, "what was read before the restart reads otherwise after it");
    client.add_peers(&torrent.info_hash, &seeders.addrs()).await?;
    let body = client.stream(&StreamRequest::whole(&torrent, 0)).await?.digest().await?;
    assert_eq!(body.sha256, torrent.files[0].sha256()?);
    let fetched = seeders.uploaded().await?;
    assert!(fetched < length + length / 4, "{fetched} bytes fetched for a file of {length}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_saved_is_not_read_again() -> Result<()> {
    let length = 8 << 20;
    let torrent = TorrentSpec::pieces_of(256 * 1024).of_random("film.mp4", 16, length)?;
    let seeders = Seeders::start(&torrent, SeedersOptions::default()).await?;
    let data = tempfile::tempdir()?;
    let options = ServerOptions::new(env!("CARGO_BIN_EXE_millrace")).data_dir(data.path());
    let server = Server::start(options.clone()).await?;
    let path = format!("/api/torrents/{}", torrent.info_hash);
    server.client().add(&torrent, &seeders.addrs()).await?;
    let complete = |answer: &serde_json::Value| answer["data"]["progress"] == "100.00";
    server.client().until(&path, Duration::from_secs(30), complete).await?;
    assert!(server.stop().await?.success());

    let file = data.path().join("downloads/film.mp4");
    assert_eq!(std::fs::metadata(&file)?.len(), length);
    std::fs::write(&file, vec![0; length as usize])?;
    let server = Server::start(options).await?;
    server.client().until(&path, Duration::from_secs(30), complete).await?;
    Ok(())
}
