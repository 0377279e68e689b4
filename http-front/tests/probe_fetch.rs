//! A probe fetches the head, then exactly the index.
#![allow(clippy::unwrap_used)]

mod probe_support;

use std::io;
use std::sync::Mutex;

use bytes::Bytes;
use http_front::probe::{HEAD, Limits, Source, probe};
use probe_support::{AAC, Films, H264, fetched, probe_file};
use wire::ByteRange;

/// Enough pictures that head and index are a small part of the file.
const BIG: &[&str] = &["-b:v", "4M", "-minrate", "4M", "-maxrate", "4M", "-bufsize", "1M"];

/// A file that writes down what is asked of it.
struct Watched {
    bytes: Bytes,
    asked: Mutex<Vec<ByteRange>>,
}

impl Source for Watched {
    fn len(&self) -> u64 {
        Source::len(&self.bytes)
    }

    async fn read(&self, range: ByteRange) -> io::Result<Bytes> {
        self.asked.lock().unwrap().push(range);
        self.bytes.read(range).await
    }
}

#[tokio::test]
async fn what_is_told_is_what_was_asked() {
    let films = Films::new();
    for name in ["film.mp4", "film.mkv", "film.avi"] {
        let path = films.make(name, &[BIG, H264, AAC]);
        let source =
            Watched { bytes: std::fs::read(path).unwrap().into(), asked: Mutex::default() };
        let info = probe(&source, &Limits::default()).await.unwrap();
        assert_eq!(info.fetched, *source.asked.lock().unwrap());
        assert_eq!(info.fetched[0], ByteRange::new(0, HEAD), "{name}");
    }
}

#[tokio::test]
async fn moov_at_the_end_takes_one_read_more_than_its_header() {
    let films = Films::new();
    let path = films.make("film.mp4", &[BIG, H264, AAC]);
    let bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(4).rposition(|window| window == b"moov").unwrap() as u64 - 4;
    let info = probe_file(&path).await.unwrap();
    assert!(info.fetched.len() <= 3, "{:?}", info.fetched);
    assert!(info.fetched[1..].iter().all(|range| range.start >= at), "{:?}", info.fetched);
    assert_eq!(fetched(&info), HEAD + bytes.len() as u64 - at);
}

#[tokio::test]
async fn moov_in_the_head_takes_one_read() {
    let films = Films::new();
    let path = films.make("film.mp4", &[BIG, H264, AAC, &["-movflags", "+faststart"]]);
    let info = probe_file(&path).await.unwrap();
    assert_eq!(info.fetched, [ByteRange::new(0, HEAD)]);
}

#[tokio::test]
async fn cues_at_the_end_take_one_read() {
    let films = Films::new();
    let path = films.make("film.mkv", &[BIG, H264, AAC]);
    let len = std::fs::metadata(&path).unwrap().len();
    let info = probe_file(&path).await.unwrap();
    assert_eq!(info.fetched.len(), 2, "{:?}", info.fetched);
    assert!(info.fetched[1].start > len - 10_000, "{:?} of {len}", info.fetched);
}

#[tokio::test]
async fn other_containers_are_told_by_the_head() {
    let films = Films::new();
    let path = films.make("film.ts", &[BIG, H264, AAC]);
    let info = probe_file(&path).await.unwrap();
    assert_eq!(info.fetched, [ByteRange::new(0, HEAD)]);
}

#[tokio::test]
async fn bitrate_over_time_adds_up_to_the_file() {
    let films = Films::new();
    for name in ["film.mp4", "film.mkv"] {
        let path = films.make(name, &[BIG, H264, AAC]);
        let len = std::fs::metadata(&path).unwrap().len() as f64;
        let info = probe_file(&path).await.unwrap();
        let bitrate = info.bitrate.unwrap();
        let bits: f64 = bitrate.curve.iter().map(|rate| *rate as f64).sum();
        let ratio = bits / 8.0 / len;
        assert!((0.95..1.05).contains(&ratio), "{name}: {ratio}, {bitrate:?}");
        let even = bitrate.average as f64 / (len * 8.0 / 12.0);
        assert!((0.98..1.02).contains(&even), "{name}: {even}");
    }
}
