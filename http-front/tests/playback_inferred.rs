//! A player that says nothing of itself is followed by the bytes it takes.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]
#![cfg(feature = "lab")]

use std::time::Duration;

use fixtures::Result;
use fixtures::media::{Container, Film};
use fixtures::server::{Server, ServerOptions};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(60);

fn seconds(progress: &Value) -> f64 {
    progress["position_sec"].as_f64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn its_position_is_found_and_survives_a_kill() -> Result<()> {
    // 60 s at 2 Mbit/s: more than sockets hold, so that the server sees who stops reading.
    let film = Film { seconds: 60, ..Film::new(Container::Mp4Faststart) };
    let torrent = TorrentSpec::pieces_of(256 * 1024).of_file(&film.make()?)?;
    let seeders = Seeders::one(&torrent).await?;
    let data = tempfile::tempdir()?;
    let options = ServerOptions::new(env!("CARGO_BIN_EXE_millrace")).data_dir(data.path());
    let server = Server::start(options.clone()).await?;
    let client = server.client();
    client.add(&torrent, &seeders.addrs()).await?;
    let soon = br#"{"playback_save_interval_sec": 1}"#.to_vec();
    client.send("PUT", "/api/settings", &[], soon).await?.ok()?;
    let progress = format!("/api/playback/{}/0/progress", torrent.info_hash);
    let path = format!("/stream/proxy/{}?fileIndex=0", torrent.info_hash);

    let mut whole = client.get(&path).await?;
    whole.at_least(1 << 20).await?;
    let begun = client.until(&progress, LIMIT, |now| seconds(now) > 0.0).await?;
    let most = whole.started().elapsed().as_secs_f64();
    assert!(seconds(&begun) <= most, "nobody watches faster than the clock: {begun}, {most} s");
    assert!((begun["duration_sec"].as_f64().unwrap() - 60.0).abs() < 1.0, "{begun}");
    drop(whole);

    // A rest that sockets hold is gone within the second, and nothing more is ever asked for: it
    // was taken for a probe, and its viewer stayed at the first second.
    let length = torrent.files[0].length;
    let half = length / 2;
    let mut later = client.get_range(&path, &format!("bytes={half}-")).await?;
    later.at_least(usize::try_from(length - half).unwrap()).await?;
    let sought = client.until(&progress, LIMIT, |now| seconds(now) > 25.0).await?;
    let most = 33.0 + later.started().elapsed().as_secs_f64();
    assert!(seconds(&sought) < most, "{sought}");

    server.kill().await?;
    let server = Server::start(options).await?;
    let kept = server.client().json(&progress).await?;
    assert!(seconds(&kept) >= seconds(&sought), "{kept} after {sought}");
    let history = server.client().json("/api/history").await?;
    assert_eq!(history.as_array().map(Vec::len), Some(1), "one viewer: {history}");
    Ok(())
}
