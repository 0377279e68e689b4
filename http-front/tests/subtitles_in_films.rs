//! Text tracks are read from real files: by the Cues, without them, and where bytes are missing.
#![allow(clippy::unwrap_used)]

mod probe_support;

use std::io;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_front::probe::{
    Container, Limits, Partial, Source, TextSample, Texts, TrackKind, probe, text_track,
};
use probe_support::{AAC, FRAME, Films, H264};
use wire::ByteRange;

/// A text every second from the first on.
fn srt() -> String {
    let cue = |n| format!("{n}\n00:00:{n:02},000 --> 00:00:{n:02},500\ntext {n}\n\n");
    (1..=11).map(cue).collect()
}

fn film(films: &Films, name: &str, codec: &str, more: &[&str]) -> std::path::PathBuf {
    let texts = films.text("s.srt", &srt());
    let maps = &["-i", &texts, "-map", "0", "-map", "1", "-map", "2", "-c:s", codec];
    films.make(name, &[maps, H264, AAC, more])
}

/// A file without the bytes of `hole`.
struct Holed {
    file: Bytes,
    hole: Range<u64>,
}

impl Source for Holed {
    fn len(&self) -> u64 {
        self.file.len() as u64
    }

    async fn read(&self, range: ByteRange) -> io::Result<Bytes> {
        let apart = range.end <= self.hole.start || self.hole.end <= range.start;
        assert!(apart, "{range:?} is not there");
        self.file.read(range).await
    }
}

impl Partial for Holed {
    fn there(&self, range: ByteRange) -> u64 {
        match range.start {
            start if start < self.hole.start => range.end.min(self.hole.start),
            start if start < self.hole.end => start,
            _ => range.end,
        }
    }
}

async fn texts(source: &impl Partial, container: Container, number: u64) -> Vec<TextSample> {
    within(source, (container, number), Duration::ZERO..Duration::MAX).await.samples
}

async fn within(
    source: &impl Partial,
    (container, number): (Container, u64),
    times: Range<Duration>,
) -> Texts {
    let until = Instant::now() + Duration::from_secs(30);
    text_track(source, container, number, times, until).await.unwrap()
}

/// The container and the number of the first subtitle track.
async fn told(file: &Bytes) -> (Container, u64) {
    let info = probe(file, &Limits::default()).await.unwrap();
    (info.container, info.first(TrackKind::Subtitle).unwrap().number)
}

/// Every text of [`srt`] is there at its time.
async fn assert_all(path: &Path) {
    let file = Bytes::from(std::fs::read(path).unwrap());
    let (container, number) = told(&file).await;
    let samples = texts(&file, container, number).await;
    let found: Vec<_> = samples.iter().map(|one| String::from_utf8_lossy(&one.text)).collect();
    let expected: Vec<_> = (1..=11).map(|n| format!("text {n}")).collect();
    assert_eq!(found, expected, "{}", path.display());
    // ffmpeg moves all tracks by what the sound begins before 0.
    let near = |time: Duration, wanted: f64| (time.as_secs_f64() - wanted).abs() < FRAME;
    for (sample, second) in samples.iter().zip(1..) {
        let (start, end) = (f64::from(second), f64::from(second) + 0.5);
        assert!(near(sample.start, start) && near(sample.end.unwrap(), end), "{sample:?}");
    }
}

#[tokio::test]
async fn all_of_a_whole_file() {
    let films = Films::new();
    assert_all(&film(&films, "film.mkv", "srt", &[])).await;
    assert_all(&film(&films, "film.mp4", "mov_text", &[])).await;
    assert_all(&film(&films, "fast.mov", "mov_text", &["-movflags", "+faststart"])).await;
    let vp9 = &["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"];
    assert_all(&film(&films, "film.webm", "webvtt", vp9)).await;
}

#[tokio::test]
async fn all_of_a_file_without_cues() {
    let films = Films::new();
    let texts = films.text("s.srt", &srt());
    let maps = &["-i", &texts, "-map", "0", "-map", "1", "-map", "2", "-c:s", "srt"];
    let inputs = probe_support::INPUTS;
    let path = films.pipe("piped.mkv", &[inputs, maps, H264, AAC, &["-f", "matroska"]]);
    assert_all(&path).await;
}

#[tokio::test]
async fn what_is_there_of_an_incomplete_file() {
    let films = Films::new();
    for (name, codec) in [("film.mkv", "srt"), ("film.mp4", "mov_text")] {
        let file = Bytes::from(std::fs::read(film(&films, name, codec, &[])).unwrap());
        let (container, number) = told(&file).await;
        let length = file.len() as u64;
        let source = Holed { file, hole: length / 3..length / 3 * 2 };
        let samples = texts(&source, container, number).await;
        let seconds: Vec<_> = samples.iter().map(|one| one.start.as_secs()).collect();
        assert!(seconds.contains(&1) && seconds.contains(&11), "{name}: {seconds:?}");
        assert!(!seconds.contains(&6), "{name}: {seconds:?}");
        assert_told_by_stretch(&source, (container, number)).await;
    }
}

/// The first and the last two seconds are there; six seconds from the begin it is known that bytes
/// are missing.
async fn assert_told_by_stretch(source: &Holed, track: (Container, u64)) {
    let seconds = |from, to| Duration::from_millis(from)..Duration::from_millis(to);
    let first = within(source, track, seconds(500, 2_500)).await;
    let last = within(source, track, seconds(10_250, 12_000)).await;
    for (texts, one) in [(&first, 1), (&last, 11)] {
        assert_eq!(texts.missing, None, "{texts:?}");
        assert!(texts.samples.iter().any(|sample| sample.start.as_secs() == one), "{texts:?}");
    }
    let middle = within(source, track, seconds(5_000, 7_500)).await;
    let missing = middle.missing.unwrap();
    assert!(source.hole.contains(&source.there(missing)), "{missing:?} of {:?}", source.hole);
}

#[tokio::test]
async fn a_walk_goes_on_behind_a_hole() {
    let films = Films::new();
    let path = film(&films, "film.mkv", "srt", &["-cluster_time_limit", "1000"]);
    let mut file = std::fs::read(path).unwrap();
    let (container, number) = told(&Bytes::from(file.clone())).await;
    // The Cues lose the places of blocks (CueRelativePosition becomes Void), clusters stay known.
    let cues = file.windows(4).rposition(|four| four == [0x1C, 0x53, 0xBB, 0x6B]).unwrap();
    for at in cues..file.len() - 1 {
        if file[at] == 0xF0 && matches!(file[at + 1], 0x81..=0x84) {
            file[at] = 0xEC;
        }
    }
    let file = Bytes::from(file);
    let length = file.len() as u64;
    let whole = texts(&file, container, number).await;
    assert_eq!(whole.len(), 11, "{whole:?}");
    let source = Holed { file, hole: length / 3..length / 3 * 2 };
    let samples = texts(&source, container, number).await;
    let seconds: Vec<_> = samples.iter().map(|one| one.start.as_secs()).collect();
    assert!(seconds.contains(&1) && seconds.contains(&11), "{seconds:?}");
    assert!(!seconds.contains(&6), "{seconds:?}");
    assert_told_by_stretch(&source, (container, number)).await;
}
