//! Subtitles are renditions of HLS: cut as the video is, complete or not told.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]
#![cfg(feature = "lab")]

mod common;
mod hls_support;
mod probe_support;

use std::time::Duration;

use common::{Server, Setup};
use fixtures::Result;
use fixtures::server::{Server as Process, ServerOptions};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use hls_support::{get, uris};
use probe_support::{AAC, Films, H264};

/// A text from each second to the next.
fn srt() -> String {
    let cue = |n| format!("{n}\n00:00:{n:02},000 --> 00:00:{:02},000\ntext {n}\n\n", n + 1);
    (0..12).map(cue).collect()
}

fn film(films: &Films, more: &[&str]) -> std::path::PathBuf {
    let texts = films.text("s.srt", &srt());
    let maps = ["-i", &texts, "-map", "0", "-map", "1", "-map", "2", "-c:s", "srt"];
    films.make("film.mkv", &[&maps, H264, AAC, more])
}

/// The lengths of a media playlist's segments.
fn lengths(playlist: &str) -> Vec<&str> {
    playlist.lines().filter(|line| line.starts_with("#EXTINF")).collect()
}

#[tokio::test]
async fn each_segment_has_what_is_shown_in_it() {
    let films = Films::new();
    let flags = ["-metadata:s:s:0", "language=eng", "-disposition:s:0", "default+forced"];
    let (film, beside) = (std::fs::read(film(&films, &flags)).unwrap(), srt());
    let server = Server::start(Setup::default()).await;
    let files: [(&str, &[u8]); 2] = [("film.mkv", &film), ("film.de.srt", beside.as_bytes())];
    let hash = server.add("A Film", &files).await;
    let view = server.engine.torrent(hash).await.unwrap();
    let index = view.files.iter().find(|file| file.path.ends_with("film.mkv")).unwrap().index;
    let base = format!("/api/stream/{hash}/{index}");
    let master = get(&server, &format!("{base}/master.m3u8?video=copy")).await.body;
    assert!(master.contains(",SUBTITLES=\"text\""), "{master}");
    let is_text = |line: &&str| line.starts_with("#EXT-X-MEDIA:TYPE=SUBTITLES");
    let texts: Vec<&str> = master.lines().filter(is_text).collect();
    let told = |wanted: &str| texts.iter().find(|line| line.contains(wanted)).unwrap();
    let inside = told("LANGUAGE=\"eng\"");
    assert!(inside.contains("DEFAULT=YES") && inside.contains("FORCED=YES"), "{inside}");
    let file = told("LANGUAGE=\"de\"");
    assert!(file.contains("DEFAULT=NO") && file.contains("NAME=\"1: film.de.srt\""));
    let video = get(&server, &format!("{base}/{}", uris(&master)[0])).await.body;
    for line in texts {
        let (_, url) = line.split_once("URI=\"").unwrap();
        let url = url.trim_end_matches('"');
        let list = get(&server, &format!("{base}/{url}")).await.body;
        assert_eq!(lengths(&list), lengths(&video), "{list}");
        let folder = url.split("index").next().unwrap();
        let mut shown = 0;
        for (n, name) in uris(&list).iter().enumerate() {
            let answer = get(&server, &format!("{base}/{folder}{name}")).await;
            assert_eq!(answer.header("content-type"), Some("text/vtt; charset=utf-8"));
            let head = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n";
            assert!(answer.body.starts_with(head), "{n}: {answer:?}");
            shown += answer.body.matches("text ").count();
        }
        // No cut lies on a second: the text at each is in both segments.
        assert_eq!(shown, 12 + lengths(&list).len() - 1, "{list}");
        for missing in ["99.vtt", "x.vtt", "0.m4s"] {
            let answer = get(&server, &format!("{base}/{folder}{missing}")).await;
            assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{missing}");
        }
    }
    let none = get(&server, &format!("{base}/s/9/0.vtt")).await;
    assert_eq!((none.status, none.code().as_str()), (404, "not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_waits_for_its_bytes() -> Result<()> {
    let films = Films::new();
    let torrent = TorrentSpec::pieces_of(64 * 1024).of_file(&film(&films, &["-qp", "0"]))?;
    // The film takes some twenty seconds to come.
    let seeders = Seeders::limited(&torrent, 1, torrent.files[0].length / 20).await?;
    let server = Process::start(ServerOptions::new(env!("CARGO_BIN_EXE_millrace"))).await?;
    let client = server.client();
    client.add(&torrent, &seeders.addrs()).await?;
    let path = format!("/api/stream/{}/0/s/0/2.vtt?d=4", torrent.info_hash);
    let text = client.made(&path, Duration::from_secs(180)).await?;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("text 10"), "{text}");
    Ok(())
}
