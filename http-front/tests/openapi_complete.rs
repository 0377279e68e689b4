//! `/openapi.json` has every route that is served, and every route of `API.md` built so far.

use http_front::routes::document;

/// Method, path.
const ROUTES: &[(&str, &str)] = &[
    ("post", "/api/torrents"),
    ("get", "/api/torrents"),
    ("get", "/api/torrents/{infoHash}"),
    ("delete", "/api/torrents/{infoHash}"),
    ("get", "/api/torrents/{infoHash}/files"),
    ("put", "/api/torrents/{infoHash}/files"),
    ("put", "/api/torrents/{infoHash}/pause"),
    ("put", "/api/torrents/{infoHash}/resume"),
    ("put", "/api/torrents/{infoHash}/recheck"),
    ("put", "/api/torrents/{infoHash}/reannounce"),
    ("put", "/api/torrents/{infoHash}/priority"),
    ("put", "/api/torrents/{infoHash}/limits"),
    ("get", "/api/torrents/{infoHash}/torrent"),
    ("get", "/api/torrents/{infoHash}/playlist.m3u"),
    ("get", "/api/torrents/{infoHash}/pieces"),
    ("get", "/torrent/info"),
    ("delete", "/torrent"),
    ("post", "/api/links"),
    ("get", "/stream"),
    ("head", "/stream"),
    ("delete", "/stream"),
    ("get", "/api/stream"),
    ("head", "/api/stream"),
    ("post", "/api/sources"),
    ("get", "/api/sources/{sourceKey}/stats"),
    ("post", "/api/playback-plan"),
    ("get", "/api/stream/{id}/{fileIndex}/audio_tracks"),
    ("get", "/api/stream/{id}/{fileIndex}"),
    ("head", "/api/stream/{id}/{fileIndex}"),
    ("get", "/api/stream/{id}/{fileIndex}/master.m3u8"),
    ("get", "/api/stream/{id}/{fileIndex}/v/{variant}/{part}"),
    ("get", "/api/stream/{id}/{fileIndex}/a/{track}/{part}"),
    ("get", "/api/stream/{id}/{fileIndex}/s/{track}/{part}"),
    ("get", "/api/stream/{id}/{fileIndex}/segment/{n}"),
    ("post", "/api/transcode-sessions"),
    ("get", "/api/transcode-sessions/{id}/progress"),
    ("post", "/api/transcode-sessions/{id}/release"),
    ("get", "/transcode/{sessionId}/{segment}"),
    ("get", "/api/settings"),
    ("put", "/api/settings"),
    ("get", "/api/cache-stats"),
    ("get", "/api/cache-config"),
    ("post", "/api/cache-config"),
    ("get", "/stream/proxy/{infoHash}"),
    ("head", "/stream/proxy/{infoHash}"),
    ("get", "/stream/file/{infoHash}/{fileIndex}"),
    ("head", "/stream/file/{infoHash}/{fileIndex}"),
    ("get", "/stream/file/{infoHash}/{fileIndex}/{name}"),
    ("head", "/stream/file/{infoHash}/{fileIndex}/{name}"),
    ("get", "/stream/info/{infoHash}"),
    ("get", "/streams"),
    ("get", "/api/stream/{id}/{fileIndex}/subtitles"),
    ("get", "/api/stream/{id}/{fileIndex}/subtitles/{track}"),
    ("get", "/api/playback/{id}/{fileIndex}/progress"),
    ("put", "/api/playback/{id}/{fileIndex}/progress"),
    ("get", "/api/playback/history"),
    ("delete", "/api/playback/history"),
    ("get", "/api/history"),
    ("delete", "/api/history"),
    ("get", "/api/popular"),
    ("get", "/health"),
    ("get", "/healthz"),
    ("get", "/status"),
    ("get", "/api/status"),
    ("get", "/api/debug/torrents/{infoHash}"),
    ("get", "/metrics"),
    ("get", "/"),
    ("get", "/watch"),
    ("get", "/assets/{name}"),
    ("get", "/openapi.json"),
];

#[test]
fn the_document_and_the_routes_are_the_same() {
    let document = serde_json::to_value(document()).unwrap();
    let mut described: Vec<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(|method| (method.clone(), path.clone()))
        })
        .collect();
    let mut built: Vec<(String, String)> =
        ROUTES.iter().map(|(method, path)| (method.to_string(), path.to_string())).collect();
    described.sort();
    built.sort();
    assert_eq!(described, built);
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    let document = serde_json::to_value(document()).unwrap();
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let references: Vec<&str> = text
        .split("\"#/components/schemas/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(!references.is_empty());
    for name in references {
        assert!(schemas.contains_key(name), "no schema {name}");
    }
}
