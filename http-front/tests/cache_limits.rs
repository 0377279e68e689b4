//! `/api/cache-stats`, `/api/cache-config`, and the limits of finished downloads: what is beyond
//! them goes with its files, never what somebody reads, nor what was read last.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod common;

use common::{Server, Setup, bytes, torrent, until};
use engine::view::StreamLabel;
use engine::{FileStream, OpenStream};
use serde_json::{Value, json};
use wire::{ByteRange, InfoHash};

const LENGTH: usize = 300_000;

/// Adds a film to the download folder and waits until it is complete.
async fn download(server: &Server, name: &str) -> InfoHash {
    let downloads = server.folder.path().join("data/downloads");
    let film = bytes(LENGTH + name.len());
    let added = server.engine.add(torrent(&downloads, name, &[("film.mkv", &film)])).await.unwrap();
    let hash = added.view.info_hash;
    let completed = async || server.engine.torrent(hash).await.unwrap().completed_at;
    until(completed, Option::is_some).await;
    hash
}

async fn read(server: &Server, info_hash: InfoHash) -> FileStream {
    let range = ByteRange::new(0, LENGTH as u64);
    let label = StreamLabel::default();
    server.engine.open(OpenStream { info_hash, file_index: 0, range, label }).await.unwrap()
}

async fn set(server: &Server, settings: &Value) {
    let body = settings.to_string();
    let answer = server.send_body("PUT /api/settings", &[], body.as_bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn clean(server: &Server) -> Value {
    let order = br#"{"forceCleanup":true}"#;
    let answer = server.send_body("POST /api/cache-config", &[], order).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["data"].clone()
}

/// Which of `names` are listed, and which are on disk.
async fn there<'a>(server: &Server, names: &[&'a str]) -> (Vec<&'a str>, Vec<&'a str>) {
    let torrents = server.engine.list().await.unwrap();
    let listed = |name: &&&str| torrents.iter().any(|torrent| torrent.name == **name);
    let downloads = server.folder.path().join("data/downloads");
    let on_disk = |name: &&&str| downloads.join(name).exists();
    (
        names.iter().filter(listed).copied().collect(),
        names.iter().filter(on_disk).copied().collect(),
    )
}

#[tokio::test]
async fn what_is_beyond_the_limits_goes_but_never_what_is_read() {
    let server = Server::start(Setup::default()).await;
    let names = ["a", "b", "c"];
    let read_one = download(&server, names[0]).await;
    let stream = read(&server, read_one).await;
    for name in &names[1..] {
        download(&server, name).await;
    }
    let nothing = clean(&server).await;
    assert_eq!((&nothing["cleanedCount"], &nothing["finalSize"]), (&json!(0), &json!(3)));

    set(&server, &json!({"cache_max_size": 1})).await;
    let cleaned = clean(&server).await;
    let (left, on_disk) = there(&server, &names).await;
    assert_eq!(left, on_disk);
    assert!(left.contains(&"a") && left.len() < 3, "{left:?}: {cleaned}");
    assert_eq!(cleaned["cleanedCount"], 3 - left.len());
    assert_eq!(cleaned["finalSize"], left.len());
    assert!(cleaned["freedSpaceMB"].as_f64() > Some(0.2), "{cleaned}");

    // Nobody reads any more: the timer removes what is left but for the one read last.
    drop(stream);
    set(&server, &json!({"cache_cleanup_interval_sec": 1})).await;
    let one = |(listed, on_disk): &(Vec<_>, Vec<_>)| listed.len() == 1 && listed == on_disk;
    until(async || there(&server, &names).await, one).await;
}

#[tokio::test]
async fn figures_are_those_of_disk_memory_and_settings() {
    let server = Server::start(Setup::default()).await;
    let hash = download(&server, "a").await;
    let mut stream = read(&server, hash).await;
    while stream.next().await.is_some_and(|bytes| bytes.is_ok()) {}
    set(&server, &json!({"cache_max_disk_mb": 1, "cache_ttl_sec": 9})).await;
    let stats = server.send("GET /api/cache-stats", &[]).await.json()["data"].clone();
    assert_eq!((&stats["backend"], &stats["size"]), (&json!("disk"), &json!(1)));
    assert_eq!((&stats["maxSize"], &stats["maxDiskUsage"]), (&json!(1000), &json!(1)));
    assert_eq!((&stats["ram"]["budget"], &stats["ram"]["misses"]), (&json!(256.0), &json!(0)));
    assert!(stats["ram"]["diskHits"].as_u64() >= Some(1), "{stats}");
    let usage = stats["diskUsage"].as_f64().unwrap();
    assert!((0.28..0.5).contains(&usage), "{stats}");
    assert_eq!(stats["diskUsagePercent"], format!("{:.2}", usage * 100.0));
    let config = server.send("GET /api/cache-config", &[]).await.json()["data"].clone();
    assert_eq!((&config["currentSize"], &config["ttl"]), (&json!(1), &json!(9)));
    assert_eq!(config["currentDiskUsage"], stats["diskUsage"]);
    let order = br#"{"forceCleanup":false}"#;
    let refused = server.send_body("POST /api/cache-config", &[], order).await;
    assert_eq!((refused.status, refused.code()), (400, "bad_request".into()));
}
