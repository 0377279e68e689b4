//! Subtitles over HTTP: files beside the film and tracks inside it, listed and as WebVTT.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod common;
mod probe_support;

use common::{Server, Setup};
use probe_support::{AAC, Films, H264};

fn srt(text: &str) -> String {
    format!("1\r\n00:00:01,000 --> 00:00:02,500\r\n{text}\r\n\r\n")
}

#[tokio::test]
async fn they_are_listed_and_read() {
    let films = Films::new();
    let (one, two) = (films.text("1.srt", &srt("inside")), films.text("2.srt", &srt("drinnen")));
    let maps = ["-i", &one, "-i", &two, "-map", "0", "-map", "1", "-map", "2", "-map", "3"];
    let codecs = ["-c:s:0", "srt", "-c:s:1", "ass"];
    let languages = ["-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=ger"];
    let film =
        std::fs::read(films.make("film.mkv", &[&maps, H264, AAC, &codecs, &languages])).unwrap();
    let beside = srt("<b>beside</b> & <font>more</font>");
    let cyrillic = encoding_rs::WINDOWS_1251.encode("Что это было? Я не знаю, но мы идём.").0;
    let cyrillic = [b"1\n00:00:03,000 --> 00:00:04,000\n", &cyrillic[..]].concat();
    let server = Server::start(Setup::default()).await;
    let files: [(&str, &[u8]); 4] = [
        ("film.mkv", &film),
        ("Film.en.srt", beside.as_bytes()),
        ("Subs/Russian.srt", &cyrillic),
        ("readme.txt", b"x"),
    ];
    let hash = server.add("A Film", &files).await;
    let view = server.engine.torrent(hash).await.unwrap();
    let index = view.files.iter().find(|file| file.path.ends_with("film.mkv")).unwrap().index;
    let list = server.send(&format!("GET /api/stream/{hash}/{index}/subtitles"), &[]).await;
    assert_eq!(list.status, 200, "{list:?}");
    let list = list.json();
    let mut told = Vec::new();
    for track in list.as_array().unwrap() {
        let answer = server.send(&format!("GET {}", track["url"].as_str().unwrap()), &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("text/vtt; charset=utf-8"));
        assert!(answer.body.starts_with("WEBVTT\n\n"), "{answer:?}");
        let text = answer.body.lines().nth(3).unwrap_or_default().to_owned();
        let field = |name: &str| track[name].as_str().unwrap_or_default().to_owned();
        told.push((field("source"), field("codec"), field("language"), text));
    }
    told.sort();
    let expected = [
        ("embedded", "ass", "ger", "drinnen"),
        ("embedded", "subrip", "eng", "inside"),
        ("file", "subrip", "en", "<b>beside</b> &amp; more"),
        ("file", "subrip", "ru", "Что это было? Я не знаю, но мы идём."),
    ];
    let expected = expected.map(|(s, c, l, t)| (s.into(), c.into(), l.into(), t.into()));
    assert_eq!(told, expected, "{list}");
    for missing in ["9.vtt", "1099.vtt", "0.srt", "x.vtt"] {
        let path = format!("GET /api/stream/{hash}/{index}/subtitles/{missing}");
        let answer = server.send(&path, &[]).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{missing}");
    }
    let answer = server.send(&format!("GET /api/stream/{hash}/9/subtitles"), &[]).await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "no_such_file"));
}
