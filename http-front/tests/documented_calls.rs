//! Every call that the customers' documents print and this build knows is answered as they print
//! it: the status, and each field they show.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod common;

use common::{Server, Setup, bytes};
use serde_json::json;

/// A request, the status of its answer, and the fields it shows (JSON pointers).
struct Call {
    line: String,
    headers: &'static [&'static str],
    body: String,
    status: u16,
    fields: &'static [&'static str],
}

fn get(target: String, status: u16, fields: &'static [&'static str]) -> Call {
    Call { line: format!("GET {target}"), headers: &[], body: String::new(), status, fields }
}

fn post(target: &str, body: serde_json::Value, fields: &'static [&'static str]) -> Call {
    let headers = &["Content-Type: application/json"];
    Call { line: format!("POST {target}"), headers, body: body.to_string(), status: 200, fields }
}

fn other(line: String, status: u16, fields: &'static [&'static str]) -> Call {
    Call { line, headers: &[], body: String::new(), status, fields }
}

const ADDED: &[&str] = &[
    "/success",
    "/data/infoHash",
    "/data/name",
    "/data/cached",
    "/data/files/0/name",
    "/data/files/0/path",
    "/data/files/0/length",
    "/data/message",
];
const TORRENT: &[&str] = &[
    "/success",
    "/data/infoHash",
    "/data/name",
    "/data/status",
    "/data/progress",
    "/data/downloadSpeed",
    "/data/uploadSpeed",
    "/data/downloaded",
    "/data/uploaded",
    "/data/numPeers",
    "/data/timeRemaining",
    "/data/files/0",
];
const FILES: &[&str] = &[
    "/success",
    "/data/infoHash",
    "/data/count",
    "/data/files/0/index",
    "/data/files/0/name",
    "/data/files/0/path",
    "/data/files/0/length",
    "/data/files/0/downloaded",
    "/data/files/0/progress",
];
const LIST: &[&str] = &[
    "/success",
    "/data/total",
    "/data/downloadSpeed",
    "/data/uploadSpeed",
    "/data/torrents/0/infoHash",
    "/data/torrents/0/name",
    "/data/torrents/0/progress",
    "/data/torrents/0/peers",
    "/data/torrents/0/downloadSpeed",
    "/data/torrents/0/uploadSpeed",
    "/data/dht/enabled",
    "/data/dht/nodes",
];
const INFO: &[&str] = &[
    "/success",
    "/data/infoHash",
    "/data/totalFiles",
    "/data/videoFiles",
    "/data/files/0/index",
    "/data/files/0/name",
    "/data/files/0/length",
    "/data/files/0/streamUrl",
    "/data/files/0/isVideo",
];
const HEALTH: &[&str] = &[
    "/status",
    "/timestamp",
    "/uptime",
    "/services/torrent/status",
    "/services/torrent/activeTorrents",
    "/services/torrent/downloadSpeed",
    "/services/torrent/uploadSpeed",
    "/services/torrent/dht/enabled",
    "/services/torrent/dht/nodes",
    "/services/cache/status",
    "/services/cache/backend",
    "/services/cache/size",
    "/services/cache/maxSize",
    "/services/cache/diskUsage",
    "/config/port",
    "/config/timeout",
    "/config/maxRetries",
    "/config/cacheBackend",
];
const STATS: &[&str] = &[
    "/numPeers",
    "/downloadSpeed",
    "/uploadSpeed",
    "/fileProgress",
    "/fileDownloaded",
    "/fileLength",
];

const CACHE_STATS: &[&str] = &[
    "/success",
    "/data/backend",
    "/data/size",
    "/data/maxSize",
    "/data/diskUsage",
    "/data/maxDiskUsage",
    "/data/diskUsagePercent",
    "/data/cleanupInterval",
    "/data/scalingInfo/backend",
    "/data/scalingInfo/isScalable",
    "/data/scalingInfo/supportsPersistence",
    "/data/scalingInfo/recommendedForProduction",
];
const CACHE_CONFIG: &[&str] = &[
    "/success",
    "/data/backend",
    "/data/maxSize",
    "/data/currentSize",
    "/data/maxDiskUsage",
    "/data/currentDiskUsage",
    "/data/diskUsagePercent",
    "/data/cleanupInterval",
    "/data/ttl",
];
const CACHE_CLEANED: &[&str] = &[
    "/success",
    "/message",
    "/data/cleanedCount",
    "/data/freedSpaceMB",
    "/data/finalSize",
    "/data/finalDiskUsage",
];

#[tokio::test]
async fn each_is_answered_as_it_is_printed() {
    let server = Server::start(Setup::default()).await;
    let film = bytes(5000);
    let hash = server.add("A Film", &[("movie.mp4", &film)]).await.to_string();
    let link = format!("magnet:?xt=urn:btih:{hash}");
    let encoded: String = url::form_urlencoded::byte_serialize(link.as_bytes()).collect();
    let calls = [
        get("/health".into(), 200, HEALTH),
        get("/healthz".into(), 200, HEALTH),
        get("/status".into(), 200, &["/actors", "/ram"]),
        get("/".into(), 200, &[]),
        post("/api/torrents", json!({"magnetUri": link, "infoHash": hash, "name": "x"}), ADDED),
        post("/api/torrents", json!({"magnetUri": link}), ADDED),
        get(format!("/api/torrents/{hash}"), 200, TORRENT),
        get(format!("/api/torrents/{hash}/files"), 200, FILES),
        get("/api/torrents".into(), 200, LIST),
        get(format!("/stream/proxy/{hash}?fileIndex=0"), 200, &[]),
        other(format!("HEAD /stream/proxy/{hash}"), 200, &[]),
        Call {
            headers: &["Range: bytes=0-1023"],
            ..other(format!("GET /stream/proxy/{hash}"), 206, &[])
        },
        get(format!("/stream/file/{hash}/0"), 302, &[]),
        get(format!("/stream/info/{hash}"), 200, INFO),
        post("/api/sources", json!({"sourceType": "magnet", "source": link}), &["/sourceKey"]),
        get(format!("/stream?sourceKey={hash}&fileIndex=0"), 200, &[]),
        get(format!("/api/sources/{hash}/stats?fileIndex=0"), 200, STATS),
        get(format!("/api/stream?magnet={encoded}"), 200, &[]),
        get(format!("/torrent/info?magnet={encoded}"), 200, &["/data/infoHash", "/data/files/0"]),
        get(format!("/stream?magnet={encoded}&file_index=0"), 200, &[]),
        other(format!("DELETE /stream?magnet={encoded}&file_index=0"), 200, &["/stopped"]),
        get("/streams".into(), 200, &[]),
        get("/api/settings".into(), 200, &["/ram_buffer_mb", "/max_connections"]),
        get("/api/cache-stats".into(), 200, CACHE_STATS),
        get("/api/cache-config".into(), 200, CACHE_CONFIG),
        post("/api/cache-config", json!({"forceCleanup": true}), CACHE_CLEANED),
        other(format!("DELETE /torrent?magnet={encoded}"), 200, &["/data/infoHash"]),
    ];
    for Call { line, headers, body, status, fields } in calls {
        let answer = server.send_body(&line, headers, body.as_bytes()).await;
        assert_eq!(answer.status, status, "{line}: {answer:?}");
        for field in fields {
            assert!(answer.json().pointer(field).is_some(), "{line}: no {field}: {answer:?}");
        }
    }
    let hash = server.add("Another", &[("movie.mp4", b"x")]).await;
    for (line, status) in [
        (format!("DELETE /api/torrents/{hash}?delete_files=false"), 200),
        (format!("DELETE /api/torrents/{hash}?deleteFiles=true"), 404),
    ] {
        assert_eq!(server.send(&line, &[]).await.status, status, "{line}");
    }
}
