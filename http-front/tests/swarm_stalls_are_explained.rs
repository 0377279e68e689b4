//! A stream that waits says why: inside the torrent, in `/streams`, in `/metrics`, and in one line
//! of the log when it ends.
#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use fixtures::Result;
use fixtures::server::{Server, StreamRequest};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use fixtures::until::until;

const PIECE: u32 = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(30);

/// What `path` answers once it is as it should be.
async fn answer(server: &Server, path: &str, right: impl Fn(&str) -> bool) -> Result<String> {
    let look = async || {
        let text = server.client().get(path).await?.bytes().await?;
        Ok(String::from_utf8(text).unwrap())
    };
    until(path, PATIENCE, look, |text| right(text)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn why_it_waits_is_told() -> Result<()> {
    let torrent = TorrentSpec::pieces_of(PIECE).of_random("film.mkv", 5, 16 << 20)?;
    let seeders = Seeders::limited(&torrent, 1, 1_000_000).await?;
    let server = Server::with(env!("CARGO_BIN_EXE_millrace"), &torrent, &seeders.addrs()).await?;
    let client = server.client();
    let mut film = client.stream(&StreamRequest::whole(&torrent, 0)).await?;
    film.at_least(2 * PIECE as usize).await?;
    // A second for a mebibyte: whoever reads on waits.
    let debug = format!("/api/debug/torrents/{}", torrent.info_hash);
    let reading = async { film.at_least(4 * PIECE as usize).await };
    let stalled = answer(&server, "/streams", |text| text.contains("\"stallReason\":\"piece "));
    let (_, stalled) = tokio::try_join!(reading, stalled)?;
    assert!(stalled.contains("waiting for blocks"), "{stalled}");

    let inside = answer(&server, &debug, |text| text.contains("\"reason\":\"slow\"")).await?;
    let inside: serde_json::Value = serde_json::from_str(&inside).unwrap();
    let cursor = &inside["cursors"][0];
    assert_eq!((&cursor["kind"], &cursor["fileIndex"]), (&"sequential".into(), &0.into()));
    assert!(cursor["byte"].as_u64() <= cursor["windowEnd"].as_u64(), "{cursor}");
    let stall = cursor["stalls"].as_array().unwrap().last().unwrap();
    assert!(stall["seconds"].as_f64().unwrap() >= 0.1, "{stall}");
    assert_eq!(stall["peers"][0], seeders.addrs()[0].to_string());
    let peer = &inside["peers"][0];
    assert_eq!((&peer["source"], &peer["choked"]), (&"user".into(), &false.into()));
    assert_eq!((&peer["transport"], &peer["have"]), (&"tcp".into(), &16.into()));
    assert!(peer["rtt"].is_f64(), "{peer}");
    assert_eq!(inside["viewers"][0]["connections"], 1);

    let counted = "millrace_stalls_total{reason=\"slow\"} ";
    let some = |text: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(counted));
        line.is_some_and(|count| count.parse::<u64>().unwrap() > 0)
    };
    let metrics = answer(&server, "/metrics", some).await?;
    for name in ["millrace_streams 1", "millrace_stall_seconds_bucket{", "millrace_peers 1"] {
        assert!(metrics.contains(name), "{name}: {metrics}");
    }
    assert!(metrics.contains("millrace_actor_restarts_total{actor=\"Picker\"} 0"), "{metrics}");

    drop(film);
    let ended = |log: &String| log.contains("stream ended");
    let log = until("the log", PATIENCE, async || Ok(server.log()), ended).await?;
    let line = log.lines().find(|line| line.contains("stream ended")).unwrap();
    for part in ["first_byte_ms=", "seeks=0", "slow: ", "trace=", "kind=\"sequential\"", "network="]
    {
        assert!(line.contains(part), "{part}: {line}");
    }
    Ok(())
}
