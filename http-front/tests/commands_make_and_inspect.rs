//! `create` and `inspect` tell what they made and read; what fails says why, once, and by its code.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn millrace(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_millrace"));
    command.current_dir(folder).args(args).output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let show = folder.path().join("show");
    std::fs::create_dir_all(show.join("sub")).unwrap();
    std::fs::write(show.join("film.mp4"), vec![7; 100_000]).unwrap();
    std::fs::write(show.join("sub/a\u{1b}[31m.srt"), "words").unwrap();
    std::fs::write(folder.path().join("empty"), "").unwrap();
    folder
}

#[test]
fn what_was_made_is_what_is_read() {
    let folder = folder();
    let create = ["create", "show", "-o", "s.torrent", "--json", "--piece-length", "16K"];
    let named = ["--tracker", "http://127.0.0.1:1/announce", "--comment", "two\nlines"];
    let made = json(&millrace(folder.path(), &[&create[..], &named[..]].concat()));
    let read = json(&millrace(folder.path(), &["inspect", "s.torrent", "--json"]));
    for field in ["infoHash", "name", "length", "pieceLength", "pieces"] {
        assert_eq!(made[field], read[field], "{field}");
    }
    assert_eq!((&read["name"], &read["length"]), (&"show".into(), &100_005.into()));
    assert_eq!((&read["pieceLength"], &read["pieces"]), (&16_384.into(), &7.into()));
    assert_eq!(read["trackers"], serde_json::json!([["http://127.0.0.1:1/announce"]]));
    assert_eq!(read["files"][0]["path"], "show/film.mp4");
    assert!(read["createdAt"].as_str().is_some_and(|at| at.ends_with('Z')), "{read}");
    let text = millrace(folder.path(), &["inspect", "s.torrent"]).stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains(read["infoHash"].as_str().unwrap()), "{text}");
    let steers = |c: char| c.is_control() && c != '\n';
    assert!(!text.contains(steers) && !text.contains("two\nlines"), "{text:?}");
}

#[test]
fn a_failure_is_said_once_with_its_cause() {
    let folder = folder();
    let create =
        |path, more: &'static [&'static str]| [&["create", path, "-o", "x.torrent"], more].concat();
    for (args, code, said) in [
        (create("nowhere", &[]), 1, "can't find nowhere: No such file or directory"),
        (create("empty", &[]), 1, "empty: no file with content"),
        (create("show", &["--piece-length", "17K"]), 2, "--piece-length"),
        (create("show", &["--tracker", "nonsense"]), 2, "\"nonsense\" is not a URL"),
        (create("show", &["--web-seed", "udp://h:1"]), 2, "\"udp://h:1\" is not a URL"),
        (vec!["create", "show", "-o", "no/x.torrent"], 1, "can't write no/x.torrent"),
        (vec!["inspect", "show/film.mp4"], 1, "not a torrent"),
        (vec!["inspect", "magnet:?xt=urn:btih:00"], 1, "malformed info hash"),
        (vec!["inspect", "/dev/zero"], 1, "larger than"),
        (vec!["play", "show/film.mp4", "--no-dht", "--no-default-trackers"], 1, "not a torrent"),
        (vec!["serve", "--bind", "0.0.0.0:0"], 2, "--insecure"),
        (vec!["serve", "--config", "nowhere"], 2, "nowhere"),
        (vec!["dance"], 2, "dance"),
    ] {
        let output = millrace(folder.path(), &args);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {text}");
        assert!(text.contains(said), "{args:?}: {text}");
        assert!(text.matches("os error").count() < 2, "{args:?}: {text}");
        assert!(output.stdout.is_empty() && !folder.path().join("x.torrent").exists(), "{args:?}");
    }
}

#[test]
fn a_magnet_is_told_without_asking_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let hash = "0123456789abcdef0123456789abcdef01234567";
    let link = format!(
        "magnet:?xt=urn:btih:{hash}&dn=a%1Bfilm&tr=udp%3A%2F%2Fh%3A1&x.pe=1.2.3.4:5&so=1,3-4"
    );
    let read = json(&millrace(folder.path(), &["inspect", &link, "--json"]));
    assert_eq!((&read["infoHash"], &read["peers"][0]), (&hash.into(), &"1.2.3.4:5".into()));
    assert_eq!(read["selected"], serde_json::json!([[1, 1], [3, 4]]));
    let text = String::from_utf8(millrace(folder.path(), &["inspect", &link]).stdout).unwrap();
    assert!(text.contains("udp://h:1") && !text.contains('\u{1b}'), "{text:?}");
    let bare = json(&millrace(folder.path(), &["inspect", hash, "--json"]));
    assert_eq!((&bare["infoHash"], &bare["name"]), (&hash.into(), &Value::Null));
}
