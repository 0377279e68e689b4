//! Segments made by runs of ffmpeg that know nothing of one another join, wherever a viewer seeks:
//! no video frame is missing or doubled, and sound overlaps by less than 50 ms.
#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
mod hls_support;

use common::{Server, Setup, showing};
use fixtures::media::Reel;
use fixtures::server::Client;
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use hls_support::{packets, playlist};

/// Pictures a second of every reel.
const RATE: f64 = 25.0;
/// Of the order in which segments are asked for.
const SEED: u64 = 10;

async fn frames_join(server: &Server, hash: &str, reel: Reel, way: &str) {
    let path = format!("/api/stream/{hash}/0/v/{way}/index.m3u8?v=a&d=1");
    let playlist = playlist(server, &path).await;
    assert!(playlist.segments.len() >= 8, "{reel:?}: {}", playlist.text);
    let whole = server.folder.path().join(format!("{way}-{}.mp4", reel.name()));
    std::fs::write(&whole, playlist.shuffled(server, SEED).await).unwrap();
    let made = packets(&whole, "v");
    let source = packets(&reel.make().unwrap(), "v");
    // What the container promises beyond the last picture is filled with it.
    let filled = usize::from(way == "h264");
    let frames = source.len()..=source.len() + filled;
    assert!(frames.contains(&made.len()), "{reel:?} {way}: {} of {frames:?}", made.len());
    // Behind a seek into an open GOP ffmpeg guesses decoding times, and may move a picture by one.
    let slack = if (reel, way) == (Reel::MkvHevc, "copy") { 1.1 / RATE } else { 0.3 / RATE };
    for (made_at, at) in made.iter().zip(&source) {
        let off = (made_at - made[0]) - (at - source[0]);
        assert!(off.abs() < slack, "{reel:?} {way}: {off} s off at {at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn copied_video_has_every_frame_once_while_the_file_comes() {
    let server = Server::start(Setup::default()).await;
    let mp4 = [Reel::Mp4, Reel::Mp4MoovAtEnd, Reel::Mp4Fragmented];
    let mkv = [Reel::MkvAc3, Reel::MkvHevc, Reel::MkvTracks];
    for reel in mp4.into_iter().chain(mkv) {
        let film = reel.make().unwrap();
        let torrent = TorrentSpec::pieces_of(64 * 1024).of_file(&film).unwrap();
        let seeders = Seeders::limited(&torrent, 1, 500_000).await.unwrap();
        Client::new(server.address).add(&torrent, &seeders.addrs()).await.unwrap();
        frames_join(&server, &torrent.info_hash, reel, "copy").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn encoded_video_has_every_frame_once() {
    let server = Server::start(Setup::default()).await;
    for reel in [Reel::WebmVp9, Reel::MkvAv1, Reel::MkvHevc, Reel::Ts, Reel::Mp4, Reel::Avi] {
        let hash = showing(&server, reel).await;
        frames_join(&server, &hash, reel, "h264").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_goes_on_over_every_join() {
    let server = Server::start(Setup::default()).await;
    for reel in [Reel::Mp4, Reel::MkvAc3, Reel::WebmVp9, Reel::Avi, Reel::Ts] {
        let hash = showing(&server, reel).await;
        let path = format!("/api/stream/{hash}/0/a/0/index.m3u8?v=a&d=1");
        let playlist = playlist(&server, &path).await;
        let whole = server.folder.path().join(format!("{}.m4a", reel.name()));
        std::fs::write(&whole, playlist.shuffled(&server, SEED).await).unwrap();
        let made = packets(&whole, "a");
        for pair in made.windows(2) {
            let overlap = pair[0] + 1024.0 / 48_000.0 - pair[1];
            assert!(overlap.abs() <= 0.05, "{reel:?}: {overlap} s at {}", pair[0]);
        }
        let length = made.last().unwrap() - made.first().unwrap();
        assert!((length - 24.0).abs() < 0.2, "{reel:?}: {length} s of sound");
    }
}
