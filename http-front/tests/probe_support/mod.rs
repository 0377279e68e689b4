//! Films made on the spot by ffmpeg, and what ffprobe says about them.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use http_front::probe::{FileSource, Limits, MediaInfo, ProbeError, TrackKind, probe};
use serde_json::Value;
use tempfile::TempDir;

/// The length of a film, and of a frame of it, in seconds.
pub(crate) const SECONDS: f64 = 12.0;
pub(crate) const FRAME: f64 = 0.04;

/// Moving pictures and a tone, as inputs 0 and 1.
pub(crate) const INPUTS: &[&str] = &[
    "-f",
    "lavfi",
    "-i",
    "testsrc2=size=320x180:rate=25:duration=12",
    "-f",
    "lavfi",
    "-i",
    "sine=frequency=440:duration=12",
];
/// Keyframes at odd places, and B-frames.
pub(crate) const H264: &[&str] =
    &["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "37"];
pub(crate) const AAC: &[&str] = &["-c:a", "aac"];

/// A folder of films, gone with it.
pub(crate) struct Films(TempDir);

impl Films {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn text(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// A film of [`INPUTS`] made with these arguments.
    pub(crate) fn make(&self, name: &str, arguments: &[&[&str]]) -> PathBuf {
        self.run(name, &[&[INPUTS], arguments].concat())
    }

    /// A film made with these arguments alone.
    pub(crate) fn run(&self, name: &str, arguments: &[&[&str]]) -> PathBuf {
        let path = self.path(name);
        let status = Command::new("ffmpeg")
            .args(["-v", "error", "-nostdin", "-y"])
            .args(arguments.concat())
            .arg(&path)
            .status()
            .expect("ffmpeg is installed");
        assert!(status.success(), "ffmpeg made no {name}");
        path
    }

    /// Like [`Films::run`], but ffmpeg can't seek in what it writes.
    pub(crate) fn pipe(&self, name: &str, arguments: &[&[&str]]) -> PathBuf {
        let path = self.path(name);
        let status = Command::new("ffmpeg")
            .args(["-v", "error", "-nostdin"])
            .args(arguments.concat())
            .arg("-")
            .stdout(Stdio::from(std::fs::File::create(&path).unwrap()))
            .status()
            .expect("ffmpeg is installed");
        assert!(status.success(), "ffmpeg made no {name}");
        path
    }
}

pub(crate) async fn probe_file(path: &Path) -> Result<MediaInfo, ProbeError> {
    probe(&FileSource::open(path).unwrap(), &Limits::default()).await
}

fn ffprobe(path: &Path, arguments: &[&str]) -> Value {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-print_format", "json"])
        .args(arguments)
        .arg(path)
        .output()
        .expect("ffprobe is installed");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Duration, tracks and keyframes are what ffprobe says, times within a frame.
pub(crate) fn assert_agrees(info: &MediaInfo, path: &Path) {
    assert_tracks_agree(info, path);
    let told = ffprobe(path, &["-show_format"]);
    let told: f64 = told["format"]["duration"].as_str().unwrap().parse().unwrap();
    let found = info.duration.map(|duration| duration.as_secs_f64());
    assert!((found.unwrap() - told).abs() <= FRAME, "{found:?}, ffprobe {told}");
    assert_keyframes_agree(info, path);
}

/// Kinds, codecs, languages, titles, sizes, channels and flags are what ffprobe says.
pub(crate) fn assert_tracks_agree(info: &MediaInfo, path: &Path) {
    let told = ffprobe(path, &["-show_streams"]);
    let streams: Vec<&Value> = told["streams"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|stream| stream["codec_type"] != "attachment")
        .collect();
    assert_eq!(info.tracks.len(), streams.len());
    for (track, stream) in info.tracks.iter().zip(streams) {
        let number = |key: &str| stream[key].as_u64();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let kind = match stream["codec_type"].as_str().unwrap() {
            "video" => TrackKind::Video,
            "audio" => TrackKind::Audio,
            "subtitle" => TrackKind::Subtitle,
            _ => TrackKind::Other,
        };
        assert_eq!(track.kind, kind);
        let codec = text(&stream["codec_name"]).filter(|_| kind != TrackKind::Other);
        assert_eq!(track.codec.map(str::to_owned), codec);
        let tags = &stream["tags"];
        let language = text(&tags["language"]).filter(|language| language != "und");
        assert_eq!(track.language, language);
        if let Some(title) = text(&tags["title"]) {
            assert_eq!(track.title, Some(title));
        }
        if kind == TrackKind::Video {
            assert_eq!(track.width.map(u64::from), number("width"));
            assert_eq!(track.height.map(u64::from), number("height"));
            let (over, under) = stream["avg_frame_rate"].as_str().unwrap().split_once('/').unwrap();
            let (over, under): (f64, f64) = (over.parse().unwrap(), under.parse().unwrap());
            if let Some(rate) = track.frame_rate {
                assert!((rate - over / under).abs() < 0.1, "{rate}, ffprobe {over}/{under}");
            }
        }
        if kind == TrackKind::Audio {
            assert_eq!(track.channels.map(u64::from), number("channels"));
            let told = stream["sample_rate"].as_str().unwrap().parse().ok();
            assert_eq!(track.sample_rate, told);
        }
        let flag = |key: &str| stream["disposition"][key] == 1;
        assert_eq!((track.default, track.forced), (flag("default"), flag("forced")));
    }
}

/// Keyframes of the first video track are those whose packets ffprobe marks, within a frame.
pub(crate) fn assert_keyframes_agree(info: &MediaInfo, path: &Path) {
    let select = ["-select_streams", "v:0", "-show_entries", "packet=pts_time,flags"];
    let told = ffprobe(path, &select);
    let told: Vec<f64> = told["packets"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|packet| packet["flags"].as_str().unwrap().starts_with('K'))
        .map(|packet| packet["pts_time"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(told.len() > 5, "the film has keyframes to find");
    let entries = &info.keyframes.as_ref().expect("an index").entries;
    let found: Vec<f64> = entries.iter().map(|entry| entry.time.as_secs_f64()).collect();
    assert_eq!(found.len(), told.len(), "{found:?}, ffprobe {told:?}");
    for (found, told) in found.iter().zip(&told) {
        assert!((found - told).abs() <= FRAME, "{found}, ffprobe {told}");
    }
}

/// `codec_string`s of all tracks.
pub(crate) fn strings(info: &MediaInfo) -> Vec<Option<&str>> {
    info.tracks.iter().map(|track| track.codec_string.as_deref()).collect()
}

/// Every byte fetched, twice if fetched twice.
pub(crate) fn fetched(info: &MediaInfo) -> u64 {
    info.fetched.iter().map(|range| range.len()).sum()
}

pub(crate) fn close(found: Duration, told: f64) -> bool {
    (found.as_secs_f64() - told).abs() <= FRAME
}
