//! A rendition of HLS fetched and measured.
#![allow(dead_code, missing_docs, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test's helpers fail by panicking")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fixtures::media::payload::fill;
use fixtures::until::until;

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

/// The answer, once it is more than that a part is not ready yet: a busy machine has the viewer ask
/// again.
pub async fn get(server: &Server, path: &str) -> Answer {
    let ask = async || Ok(server.send(&format!("GET {path}"), &[]).await);
    let made = |answer: &Answer| answer.status != 503 || answer.code() != "starting";
    until(path, Duration::from_secs(60), ask, made).await.unwrap()
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

    pub async fn bytes(&self, server: &Server, n: usize) -> Vec<u8> {
        let answer = self.segment(server, n).await;
        assert_eq!(answer.status, 200, "segment {n}: {}", answer.body);
        answer.bytes
    }

    /// The whole rendition, its segments asked for in the order of `seed`: most of them are made
    /// by a head that begins there.
    pub async fn shuffled(&self, server: &Server, seed: u64) -> Vec<u8> {
        let mut order: Vec<usize> = (0..self.segments.len()).collect();
        let mut words = vec![0; 8 * order.len()];
        fill(seed, 0, &mut words);
        order.sort_by_key(|n| &words[8 * n..8 * n + 8]);
        let mut parts = vec![get(server, &format!("{}{}", self.folder, self.init)).await.bytes];
        parts.resize_with(1 + order.len(), Vec::new);
        for n in order {
            parts[1 + n] = self.bytes(server, n).await;
        }
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
