//! A rendition of HLS fetched and measured.
#![allow(dead_code, missing_docs, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test's helpers fail by panicking")]

use std::path::Path;
use std::process::Command;

use crate::common::{Answer, Server};

/// A media playlist.
pub struct Playlist {
    /// Path of the folder, with a slash behind.
    pub folder: String,
    pub text: String,
    /// Names in order, with their query.
    pub segments: Vec<String>,
    pub init: String,
}

pub async fn get(server: &Server, path: &str) -> Answer {
    server.send(&format!("GET {path}"), &[]).await
}

/// The lines of a playlist that are URIs.
pub fn uris(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// The URI attribute of the first line with this tag.
pub fn attribute(text: &str, tag: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(tag))?;
    let (_, rest) = line.split_once("URI=\"")?;
    rest.split('"').next().map(str::to_owned)
}

pub async fn playlist(server: &Server, path: &str) -> Playlist {
    let answer = get(server, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/vnd.apple.mpegurl"));
    let bare = path.split('?').next().unwrap();
    let folder = bare.rsplit_once('/').unwrap().0.to_owned() + "/";
    let init = attribute(&answer.body, "#EXT-X-MAP").unwrap();
    Playlist { folder, segments: uris(&answer.body), init, text: answer.body }
}

impl Playlist {
    pub async fn segment(&self, server: &Server, n: usize) -> Answer {
        get(server, &format!("{}{}", self.folder, self.segments[n])).await
    }

    /// Segment `n`, which is made in the end.
    pub async fn bytes(&self, server: &Server, n: usize) -> Vec<u8> {
        let answer = self.segment(server, n).await;
        assert_eq!(answer.status, 200, "segment {n}: {}", answer.body);
        answer.bytes
    }

    /// The whole rendition, each segment from a head of its own: whoever goes backwards finds
    /// nothing that was made before.
    pub async fn backwards(&self, server: &Server) -> Vec<u8> {
        let mut parts = Vec::new();
        for n in (0..self.segments.len()).rev() {
            parts.push(self.bytes(server, n).await);
        }
        parts.push(get(server, &format!("{}{}", self.folder, self.init)).await.bytes);
        parts.reverse();
        parts.concat()
    }
}

/// Presentation times of the packets of a file's first stream of a kind, sorted.
pub fn packets(path: &Path, kind: &str) -> Vec<f64> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", &format!("{kind}:0"), "-of", "csv=p=0"])
        .args(["-show_entries", "packet=pts_time"])
        .arg(path)
        .output()
        .expect("ffprobe is installed");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut times: Vec<f64> =
        text.lines().filter_map(|line| line.split(',').next()?.parse().ok()).collect();
    times.sort_by(f64::total_cmp);
    times
}
