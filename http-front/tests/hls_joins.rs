//! Segments made by runs of ffmpeg that know nothing of one another join: no video frame is missing
//! or doubled, and sound overlaps by less than 50 ms.
#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
mod hls_support;

use common::{Server, Setup, showing};
use fixtures::media::Reel;
use hls_support::{packets, playlist};

/// Pictures a second of every reel.
const RATE: f64 = 25.0;

async fn frames_join(server: &Server, reel: Reel, way: &str) {
    let hash = showing(server, reel).await;
    let path = format!("/api/stream/{hash}/0/v/{way}/index.m3u8?v=a&d=4");
    let playlist = playlist(server, &path).await;
    assert!(playlist.segments.len() >= 4, "{reel:?}: {}", playlist.text);
    let whole = server.folder.path().join(format!("{way}-{}.mp4", reel.name()));
    std::fs::write(&whole, playlist.backwards(server).await).unwrap();
    let made = packets(&whole, "v");
    let source = packets(&reel.make().unwrap(), "v");
    // What the container promises beyond the last picture is filled with it.
    let filled = usize::from(way == "h264");
    let frames = source.len()..=source.len() + filled;
    assert!(frames.contains(&made.len()), "{reel:?} {way}: {} of {frames:?}", made.len());
    // Behind a seek into an open GOP ffmpeg guesses decoding times, and may move a picture by one.
    let slack = if (reel, way) == (Reel::MkvHevc, "copy") { 1.1 / RATE } else { 0.3 / RATE };
    for pair in made.windows(2) {
        let gap = pair[1] - pair[0];
        assert!(gap > 0.0 && (gap - 1.0 / RATE).abs() < slack, "{reel:?}: {gap} s at {}", pair[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn copied_video_has_every_frame_once() {
    let server = Server::start(Setup::default()).await;
    for reel in [Reel::Mp4, Reel::Mp4MoovAtEnd, Reel::Mp4Fragmented, Reel::MkvAc3, Reel::MkvHevc] {
        frames_join(&server, reel, "copy").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn encoded_video_has_every_frame_once() {
    let server = Server::start(Setup::default()).await;
    for reel in [Reel::WebmVp9, Reel::MkvHevc, Reel::Ts, Reel::Mp4] {
        frames_join(&server, reel, "h264").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_goes_on_over_every_join() {
    let server = Server::start(Setup::default()).await;
    for reel in [Reel::Mp4, Reel::MkvAc3, Reel::WebmVp9, Reel::Avi, Reel::Ts] {
        let hash = showing(&server, reel).await;
        let path = format!("/api/stream/{hash}/0/a/0/index.m3u8?v=a&d=4");
        let playlist = playlist(&server, &path).await;
        let whole = server.folder.path().join(format!("{}.m4a", reel.name()));
        std::fs::write(&whole, playlist.backwards(&server).await).unwrap();
        let made = packets(&whole, "a");
        for pair in made.windows(2) {
            let overlap = pair[0] + 1024.0 / 48_000.0 - pair[1];
            assert!(overlap.abs() <= 0.05, "{reel:?}: {overlap} s at {}", pair[0]);
        }
        let length = made.last().unwrap() - made.first().unwrap();
        assert!((length - 24.0).abs() < 0.2, "{reel:?}: {length} s of sound");
    }
}
