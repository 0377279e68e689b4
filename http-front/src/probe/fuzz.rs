//! The bodies of the fuzz targets, run by `tests/` too.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::keyframes::MAX_KEYFRAMES;
use super::text::{MAX_SAMPLE, MAX_SAMPLES, TextSample, Texts, text_track};
use super::{Container, Limits, MediaInfo, mkv, mp4, probe};

/// The content of a `moov`, of a `sidx`, `mfra` or `moof`: any bytes give a bounded answer.
pub fn mp4_boxes(bytes: &[u8]) {
    check(&mp4::read_moov(bytes, Container::Mp4, 1 << 32).info);
    mp4::read_fragments(bytes);
}

/// The content of a Matroska segment without its clusters: any bytes give a bounded answer.
pub fn mkv_elements(bytes: &[u8]) {
    check(&mkv::read_elements(bytes));
}

/// A whole file: any bytes give an answer or a typed error, with no byte fetched outside the
/// file.
pub fn whole_file(bytes: &[u8]) {
    let limits = Limits { index_bytes: 8 << 20, wall: Duration::from_secs(20) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let Ok(runtime) = runtime else { return };
    let source = Bytes::copy_from_slice(bytes);
    if let Ok(info) = runtime.block_on(probe(&source, &limits)) {
        check(&info);
        let inside = |end: u64| end <= bytes.len() as u64;
        assert!(info.fetched.iter().all(|range| inside(range.end)));
    }
}

/// A whole file whose first tracks are taken for text: any bytes give samples inside bounds, or a
/// typed error.
pub fn texts(bytes: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let Ok(runtime) = runtime else { return };
    let source = Bytes::copy_from_slice(bytes);
    let until = Instant::now() + Duration::from_secs(20);
    for container in [Container::Mp4, Container::Matroska] {
        for number in 1..=4 {
            for times in
                [Duration::ZERO..Duration::MAX, Duration::from_secs(1)..Duration::from_secs(2)]
            {
                let read = text_track(&source, container, number, times, until);
                if let Ok(Texts { samples, missing }) = runtime.block_on(read) {
                    assert!(samples.len() <= MAX_SAMPLES);
                    let short = |sample: &TextSample| sample.text.len() as u64 <= 2 * MAX_SAMPLE;
                    assert!(samples.iter().all(short));
                    assert_eq!(missing, None, "the whole file is there");
                }
            }
        }
    }
}

fn check(info: &MediaInfo) {
    assert!(info.tracks.len() <= 128, "{} tracks", info.tracks.len());
    if let Some(index) = &info.keyframes {
        assert!(index.entries.len() <= MAX_KEYFRAMES);
        assert!(index.entries.is_sorted_by(|a, b| a.time < b.time));
    }
    if let Some(bitrate) = &info.bitrate {
        assert!(bitrate.curve.len() <= 1024);
    }
    assert!(serde_json::to_string(info).is_ok());
}
