//! Transcode sessions: shared within ten seconds of film, followed, left.
#![cfg(feature = "lab")]

mod common;
mod hls_support;

use common::{Answer, Server, Setup, showing};
use fixtures::media::Reel;
use hls_support::{attribute, get, playlist, uris};
use serde_json::{Value, json};

async fn post(server: &Server, path: &str, body: Value) -> Answer {
    server.send_body(&format!("POST {path}"), &[], body.to_string().as_bytes()).await
}

async fn join(server: &Server, hash: &str, consumer: &str, start: f64) -> Value {
    let body = json!({"sourceKey": hash, "fileIndex": 0, "transcodeVideo": true,
        "consumerId": consumer, "fileName": "film.mkv", "startPositionSeconds": start});
    let answer = post(server, "/api/transcode-sessions", body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn consumers_of_one_place_share_a_session_until_the_last_leaves() {
    let server = Server::start(Setup::default()).await;
    let hash = showing(&server, Reel::MkvAc3).await;
    let first = join(&server, &hash, "one", 12.0).await;
    assert_eq!(first, join(&server, &hash, "two", 17.5).await);
    let id = first["sessionId"].as_str().unwrap();
    let path = first["playlistPath"].as_str().unwrap();
    assert_eq!(path, format!("/transcode/{id}/index.m3u8"));

    let master = get(&server, path).await;
    assert!(master.body.contains("#EXT-X-START:TIME-OFFSET=10.000"), "{}", master.body);
    let folder = format!("/transcode/{id}");
    let video = playlist(&server, &format!("{folder}/{}", uris(&master.body)[0])).await;
    assert_eq!(video.segments.len(), 6, "the whole timeline: {}", video.text);
    let sound = attribute(&master.body, "#EXT-X-MEDIA").unwrap();
    let sound = playlist(&server, &format!("{folder}/{sound}")).await;
    video.bytes(&server, 2).await;
    sound.bytes(&server, 2).await;

    let progress = get(&server, &format!("/api/transcode-sessions/{id}/progress")).await.json();
    assert_eq!(progress["startPositionSeconds"], 10.0, "{progress}");
    let number = |name: &str| progress[name].as_f64().unwrap();
    assert!((number("totalSeconds") - 24.0).abs() < 0.2, "{progress}");
    assert!(number("processedSeconds") >= 12.0 && number("speed") > 0.0, "{progress}");
    let sum = number("processedSeconds") + number("remainingSeconds");
    assert!((sum - number("totalSeconds")).abs() < 0.01, "{progress}");

    let health = get(&server, "/health").await.json();
    assert_eq!((&health["activeSessions"], &health["activeStreams"]), (&json!(1), &json!(0)));

    let release = format!("/api/transcode-sessions/{id}/release");
    for (consumer, status) in [("one", 200), ("two", 200), ("two", 404)] {
        let answer = post(&server, &release, json!({"consumerId": consumer, "reason": "pagehide"}));
        assert_eq!(answer.await.status, status, "{consumer}");
    }
    let health = get(&server, "/health").await.json();
    assert_eq!(health["activeSessions"], 0, "{health}");
    let gone = get(&server, path).await;
    assert_eq!((gone.status, gone.code().as_str()), (404, "no_such_session"));
}
