//! `millrace probe` prints a table, or JSON with `--json`.
#![allow(clippy::unwrap_used)]

mod probe_support;

use http_front::probe::command;
use probe_support::{AAC, Films, H264};
use serde_json::Value;

#[tokio::test]
async fn json_has_every_field() {
    let films = Films::new();
    let path = films.make("film.mkv", &[H264, AAC, &["-metadata:s:a:0", "language=fra"]]);
    let text = command(path.to_str().unwrap(), true).await.unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["container"], "matroska");
    assert!((json["duration"].as_f64().unwrap() - 12.0).abs() < 0.1);
    assert_eq!(json["tracks"][0]["kind"], "video");
    assert_eq!(json["tracks"][0]["codec"], "h264");
    assert_eq!(json["tracks"][0]["width"], 320);
    assert_eq!(json["tracks"][1]["codec_string"], "mp4a.40.2");
    assert_eq!(json["tracks"][1]["language"], "fra");
    let keyframes = json["keyframes"]["entries"].as_array().unwrap();
    assert_eq!(keyframes.len(), 9);
    assert!(keyframes[1]["time"].is_number() && keyframes[1]["offset"].is_number());
    assert!(json["bitrate"]["average"].as_u64().unwrap() > 0);
    assert_eq!(json["fetched"][0][0], 0);
}

#[tokio::test]
async fn the_table_has_a_line_a_track() {
    let films = Films::new();
    let path = films.make("film.mp4", &[H264, AAC]);
    let text = command(path.to_str().unwrap(), false).await.unwrap();
    let line = |label: &str| text.lines().find(|line| line.starts_with(label)).unwrap();
    assert!(line("container").ends_with(" mp4"), "{text}");
    assert!(line("duration").contains("0:00:12.0"), "{text}");
    assert!(line("video").contains("h264 (avc1.4d40") && line("video").contains("320x180"));
    assert!(line("audio").contains("aac (mp4a.40.2) 1 ch 44100 Hz"), "{text}");
    assert!(line("keyframes").ends_with(" 9"), "{text}");
}

#[tokio::test]
async fn a_missing_file_is_said() {
    let told = command("/nonexistent/film.mkv", false).await.unwrap_err();
    assert!(told.to_string().contains("No such file"), "{told}");
}
