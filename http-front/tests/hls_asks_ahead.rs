//! The swarm is asked for a segment's bytes before ffmpeg asks for them.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]
#![cfg(feature = "lab")]

mod probe_support;

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use fixtures::Result;
use fixtures::server::{Server, ServerOptions};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use probe_support::{AAC, Films, H264};
use serde_json::{Value, json};

const PIECE: u32 = 64 * 1024;
/// An ffmpeg that has a version and otherwise never gets to anything.
const IDLE: &str =
    "#!/bin/sh\n[ \"$1\" = -version ] && exec echo ffmpeg version 0\nexec sleep 600\n";

#[tokio::test(flavor = "multi_thread")]
async fn while_ffmpeg_starts() -> Result<()> {
    let films = Films::new();
    let ffmpeg = films.text("ffmpeg", IDLE);
    std::fs::set_permissions(&ffmpeg, std::fs::Permissions::from_mode(0o755))?;
    // A keyframe every two seconds.
    let cuts = ["-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-qp", "0"];
    let torrent =
        TorrentSpec::pieces_of(PIECE).of_file(&films.make("f.mkv", &[H264, AAC, &cuts]))?;
    let seeders = Seeders::one(&torrent).await?;
    let mut options = ServerOptions::new(env!("CARGO_BIN_EXE_millrace"));
    options.args = vec!["--ffmpeg".into(), ffmpeg];
    let server = Server::start(options).await?;
    let (client, hash) = (server.client(), &torrent.info_hash);
    // Only what is read comes.
    client.add(&torrent, &[]).await?;
    client.select(hash, &[]).await?;
    client.add_peers(hash, &seeders.addrs()).await?;
    let ask = json!({"sourceKey": hash, "fileIndex": 0}).to_string();
    let plan = client.send("POST", "/api/playback-plan", &[], ask).await?.ok()?.json().await?;
    let keyframe = |second: f64| {
        let all = plan["keyframes"].as_array().unwrap();
        let at = all.iter().find(|place| place[0].as_f64() >= Some(second - 0.1)).unwrap();
        at[1].as_f64().unwrap() as usize / PIECE as usize
    };
    let segment = keyframe(4.0)..keyframe(8.0);
    assert!(segment.len() > 3, "{plan}");
    let there = |pieces: &Value| {
        let have = pieces["data"]["have"].as_str().unwrap().as_bytes();
        let have = data_encoding::BASE64.decode(have).unwrap();
        segment.clone().filter(|n| have[n / 8] & (0x80 >> (n % 8)) != 0).count()
    };
    let pieces = format!("/api/torrents/{hash}/pieces");
    let before = there(&client.json(&pieces).await?);
    assert!(before < segment.len(), "the probe alone took them");
    let path = format!("/api/stream/{hash}/0/v/copy/1.m4s?d=4");
    let waits = tokio::spawn(async move { client.get(&path).await.map(|answer| answer.status) });
    let limit = Duration::from_secs(30);
    client.until(&pieces, limit, |now| there(now) == segment.len()).await?;
    assert_eq!(waits.await.unwrap()?, 503, "ffmpeg made nothing");
    Ok(())
}
