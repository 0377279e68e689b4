//! HLS of a file: its playlists, who is served and who is told why not.
#![cfg(feature = "lab")]

mod common;
mod hls_support;

use common::{Server, Setup, showing};
use fixtures::media::Reel;
use hls_support::{attribute, get, playlist, uris};

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_film_is_there_at_once() {
    let server = Server::start(Setup::default()).await;
    let hash = showing(&server, Reel::MkvTracks).await;
    let base = format!("/api/stream/{hash}/0");
    let master = get(&server, &format!("{base}/master.m3u8?video=copy")).await;
    assert_eq!(master.status, 200, "{}", master.body);
    assert_eq!(master.header("access-control-allow-origin"), Some("*"));
    assert!(master.body.contains("CODECS=\"avc1."), "{}", master.body);
    assert!(master.body.contains("RESOLUTION=320x180"), "{}", master.body);
    let sounds: Vec<&str> =
        master.body.lines().filter(|line| line.starts_with("#EXT-X-MEDIA:TYPE=AUDIO")).collect();
    assert_eq!(sounds.len(), 2, "{}", master.body);
    assert!(sounds[0].contains("DEFAULT=YES") && sounds[1].contains("LANGUAGE=\"deu\""));
    let video = playlist(&server, &format!("{base}/{}", uris(&master.body)[0])).await;
    let sound = attribute(&master.body, "#EXT-X-MEDIA").unwrap();
    let sound = playlist(&server, &format!("{base}/{sound}")).await;
    for list in [&video, &sound] {
        assert!(list.text.contains("#EXT-X-PLAYLIST-TYPE:VOD"), "{}", list.text);
        assert!(list.text.ends_with("#EXT-X-ENDLIST\n"), "{}", list.text);
        let lengths = list.text.lines().filter_map(|line| line.strip_prefix("#EXTINF:"));
        let whole: f64 =
            lengths.map(|line| line.trim_end_matches(',').parse::<f64>().unwrap()).sum();
        assert!((whole - 24.0).abs() < 0.2, "{whole} s");
        // The last first: nobody has to begin at the beginning.
        list.bytes(&server, list.segments.len() - 1).await;
        let init = get(&server, &format!("{}{}", list.folder, list.init)).await;
        assert_eq!(&init.bytes[4..8], b"ftyp");
    }
    let beyond = get(&server, &format!("{base}/v/copy/99.m4s")).await;
    assert_eq!((beyond.status, beyond.code().as_str()), (404, "not_found"));
    let alias = get(&server, &format!("{base}/segment/0?audio=0")).await;
    assert_eq!((alias.status, alias.header("content-type")), (200, Some("video/mp4")));
    let other = get(&server, &format!("{base}/master.m3u8?audio=1")).await;
    let chosen = other.body.lines().find(|line| line.contains("DEFAULT=YES")).unwrap();
    assert!(chosen.contains("a/1/index.m3u8"), "{chosen}");
    assert_eq!(get(&server, &format!("{base}/master.m3u8?audio=7")).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn four_viewers_of_two_transcodes_are_served_or_told_why() {
    let server = Server::start(Setup::default()).await;
    let hash = showing(&server, Reel::Mp4).await;
    let mut served = Vec::new();
    // From the end on: no viewer waits for what another's ffmpeg is about to make.
    for (viewer, n) in [("a", 5), ("b", 4), ("c", 3), ("d", 2)] {
        let path = format!("/api/stream/{hash}/0/v/h264/{n}.m4s?d=4&v={viewer}");
        let answer = get(&server, &path).await;
        match answer.status {
            200 => served.push(viewer),
            503 => {
                assert_eq!(answer.code(), "too_many_transcodes", "{viewer}");
                let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
                assert!((1..=12).contains(&wait), "{wait}");
            }
            other => panic!("{viewer}: {other} {}", answer.body),
        }
    }
    assert!(served.starts_with(&["a", "b"]), "{served:?}");
    // What was made is shared, and video that is only copied takes no transcode's place.
    let kept = get(&server, &format!("/api/stream/{hash}/0/v/h264/5.m4s?d=4&v=e")).await;
    assert_eq!(kept.status, 200);
    let copied = get(&server, &format!("/api/stream/{hash}/0/v/copy/0.m4s?d=4&v=f")).await;
    assert_eq!(copied.status, 200, "{}", copied.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_the_mode_asked_for() {
    let server = Server::start(Setup::default()).await;
    let hash = showing(&server, Reel::MkvAc3).await;
    let path = format!("/api/stream/{hash}/0");
    // It is complete: whoever plays it gets the bytes.
    let auto = get(&server, &path).await;
    assert_eq!((auto.status, auto.header("content-type")), (200, Some("video/x-matroska")));
    let hls = get(&server, &format!("{path}?mode=hls&audio=0")).await;
    let target = format!("{path}/master.m3u8?audio=0");
    assert_eq!((hls.status, hls.header("location")), (302, Some(target.as_str())));
    let direct = server.send(&format!("GET {path}?mode=direct"), &["Range: bytes=0-9"]).await;
    assert_eq!((direct.status, direct.bytes.len()), (206, 10));
    let bare = Server::start(Setup { ffmpeg: false, ..Setup::default() }).await;
    let hash = showing(&bare, Reel::MkvAc3).await;
    let missing = get(&bare, &format!("/api/stream/{hash}/0?mode=hls")).await;
    assert_eq!((missing.status, missing.code().as_str()), (503, "ffmpeg_missing"));
}
