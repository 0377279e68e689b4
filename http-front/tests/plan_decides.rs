//! What players of each kind get of real files, and why.
#![cfg(feature = "lab")]

mod common;

use common::{Answer, Server, Setup, showing};
use fixtures::media::Reel;
use serde_json::{Value, json};

const CHROMIUM: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
    Chrome/156.0.0.0 Safari/537.36";

async fn ask(server: &Server, body: Value) -> Answer {
    server.send_body("POST /api/playback-plan", &[], body.to_string().as_bytes()).await
}

async fn plan(server: &Server, hash: &str, agent: &str) -> Value {
    let answer = ask(server, json!({"sourceKey": hash, "fileIndex": 0, "userAgent": agent})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium_gets_what_it_plays_as_it_is_and_the_rest_as_hls() {
    let server = Server::start(Setup::default()).await;
    for (reel, mode, reason, container, video, audio) in [
        (Reel::Mp4, "direct", "audio-codec-supported", "mp4", "h264", "aac"),
        (Reel::Mp4MoovAtEnd, "direct", "audio-codec-supported", "mp4", "h264", "aac"),
        (Reel::Mp4Fragmented, "direct", "audio-codec-supported", "mp4", "h264", "aac"),
        (Reel::WebmVp9, "direct", "audio-codec-supported", "webm", "vp9", "opus"),
        (Reel::MkvAv1, "direct", "audio-codec-supported", "matroska", "av1", "opus"),
        (Reel::MkvAc3, "hls", "audio-codec-unsupported", "matroska", "h264", "ac3"),
        (Reel::MkvHevc, "hls", "video-codec-unsupported", "matroska", "hevc", "eac3"),
        (Reel::Avi, "hls", "video-codec-unsupported", "avi", "mpeg4", "mp3"),
        (Reel::Ts, "hls", "container-unsupported", "mpegts", "h264", "aac"),
    ] {
        let hash = showing(&server, reel).await;
        let plan = plan(&server, &hash, CHROMIUM).await;
        assert_eq!(plan["mode"], mode, "{plan}");
        assert_eq!(plan["reason"], reason, "{plan}");
        assert_eq!(plan["container"], container, "{plan}");
        assert_eq!(plan["videoCodec"], video, "{plan}");
        assert_eq!(plan["audioCodec"], audio, "{plan}");
        assert_eq!(plan["hlsUrl"].is_string(), mode == "hls", "{plan}");
        assert!((plan["duration"].as_f64().unwrap() - 24.0).abs() < 0.2, "{plan}");
        assert_eq!((&plan["width"], &plan["height"]), (&json!(320), &json!(180)));
        let vlc = self::plan(&server, &hash, "VLC/3.0.20 LibVLC/3.0.20").await;
        assert_eq!(vlc["mode"], "direct", "{vlc}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_declares_wins_over_its_user_agent() {
    let server = Server::start(Setup::default()).await;
    let hash = showing(&server, Reel::MkvHevc).await;
    let declared = |audio: &str| {
        json!({"sourceKey": hash, "fileIndex": 0, "userAgent": CHROMIUM, "capabilities": {
            "containers": ["video/x-matroska"],
            "video": ["video/mp4; codecs=\"hvc1.1.6.L93.B0\""],
            "audio": [audio],
            "mse": ["hvc1.1.6.L93.B0"],
        }})
    };
    let plays = ask(&server, declared("ec-3")).await.json();
    assert_eq!(plays["mode"], "direct", "{plays}");
    let silent = ask(&server, declared("mp4a.40.2")).await.json();
    assert_eq!(silent["reason"], "audio-codec-unsupported", "{silent}");
    assert!(silent["hlsUrl"].as_str().unwrap().contains("video=copy"), "{silent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_audio_track_is_told() {
    let server = Server::start(Setup::default()).await;
    let hash = showing(&server, Reel::MkvTracks).await;
    let tracks = server.send(&format!("GET /api/stream/{hash}/0/audio_tracks"), &[]).await.json();
    let told = |track: &Value| (track["language"].clone(), track["title"].clone());
    let tracks: Vec<_> = tracks.as_array().unwrap().iter().map(told).collect();
    let pair = |language: &str, title: &str| (json!(language), json!(title));
    assert_eq!(tracks, [pair("eng", "English"), pair("deu", "Deutsch")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_ffmpeg_or_leave_to_encode_the_file_goes_as_it_is() {
    let bare = Server::start(Setup { ffmpeg: false, ..Setup::default() }).await;
    let hash = showing(&bare, Reel::MkvAc3).await;
    let told = plan(&bare, &hash, CHROMIUM).await;
    assert_eq!((&told["mode"], &told["reason"]), (&json!("direct"), &json!("ffmpeg-missing")));
    let quiet = Server::start(Setup { transcode_audio: false, ..Setup::default() }).await;
    let hash = showing(&quiet, Reel::MkvAc3).await;
    let told = plan(&quiet, &hash, CHROMIUM).await;
    let reason = json!("audio-transcoding-off");
    assert_eq!((&told["mode"], &told["reason"]), (&json!("direct"), &reason));
}

#[tokio::test(flavor = "multi_thread")]
async fn corrupt_and_truncated_files_are_not_playable() {
    let server = Server::start(Setup::default()).await;
    for reel in [Reel::Mp4, Reel::Mp4MoovAtEnd, Reel::MkvAc3, Reel::Avi] {
        let film = std::fs::read(reel.make().unwrap()).unwrap();
        let hash = server.add("truncated", &[(reel.name(), &film[..film.len() * 6 / 10])]).await;
        let body = json!({"sourceKey": hash.to_string(), "fileIndex": 0});
        let answer = ask(&server, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "not_playable"), "{reel:?}");
        assert!(answer.body.contains("truncated"), "{reel:?}: {}", answer.body);
        let master = server.send(&format!("GET /api/stream/{hash}/0/master.m3u8"), &[]).await;
        assert_eq!((master.status, master.code().as_str()), (422, "not_playable"), "{reel:?}");
        server.engine.remove(hash, false).await.unwrap();
    }
    for noise in [common::bytes(100_000), b"\0\0\0\x18ftypisom".repeat(40)] {
        let hash = server.add("corrupt", &[("film.mp4", &noise)]).await.to_string();
        let answer = ask(&server, json!({"sourceKey": hash, "fileIndex": 0})).await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "not_playable"));
    }
}
