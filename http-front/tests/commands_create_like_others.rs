//! `create` makes of a file or folder what libtorrent makes of it: the same info hash.
#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod common;

use std::path::Path;
use std::process::Command;

use common::bytes;
use serde_json::Value;

/// Says the info hash libtorrent gives the files of a folder in this order.
const THEIRS: &str = r#"
import sys, libtorrent as lt
root, name, piece_length, private = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
files = lt.file_storage()
import os
for path in sys.argv[5:]:
    files.add_file(path, os.path.getsize(os.path.join(root, path)))
made = lt.create_torrent(files, piece_length, flags=lt.create_torrent.v1_only)
made.set_priv(private == "yes")
lt.set_piece_hashes(made, root)
print(lt.torrent_info(made.generate()).info_hashes().v1)
"#;

fn theirs(root: &Path, name: &str, piece_length: &str, private: &str, files: &[&str]) -> String {
    let python = std::env::var_os("MILLRACE_PYTHON").unwrap_or_else(|| "python3".into());
    let mut command = Command::new(python);
    let command = command.args(["-c", THEIRS]).arg(root).args([name, piece_length, private]);
    let output = command.args(files).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn ours(root: &Path, args: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_millrace"));
    let command = command.current_dir(root).arg("create").args(args);
    let output = command.args(["-o", "x.torrent", "--json"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let last: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(last["hashed"], last["total"], "progress ends whole: {told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_file_has_the_same_info_hash() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("film.mkv"), bytes(700_001)).unwrap();
    let made = ours(root.path(), &["film.mkv", "--piece-length", "32K"]);
    let theirs = theirs(root.path(), "film.mkv", "32768", "no", &["film.mkv"]);
    assert_eq!(made["infoHash"], theirs);
}

#[test]
fn a_folder_is_in_natural_order_without_what_is_hidden() {
    let root = tempfile::tempdir().unwrap();
    let show = root.path().join("Show");
    std::fs::create_dir_all(show.join("Season 10")).unwrap();
    std::fs::create_dir_all(show.join("Season 2")).unwrap();
    std::fs::create_dir_all(show.join(".git")).unwrap();
    let files = ["Season 2/e1.mkv", "Season 2/e12.mkv", "Season 10/e3.mkv", "cover.jpg"];
    for (at, file) in files.iter().enumerate() {
        std::fs::write(show.join(file), bytes(50_000 + at)).unwrap();
    }
    std::fs::write(show.join(".DS_Store"), "x").unwrap();
    std::fs::write(show.join(".git/config"), "x").unwrap();
    let args = ["Show", "--piece-length", "65536", "--private"];
    let named = ["--tracker", "http://a/1,http://a/2", "--tracker", "udp://b:1"];
    let made = ours(root.path(), &[&args[..], &named[..]].concat());
    let listed = files.map(|file| format!("Show/{file}"));
    let listed: Vec<&str> = listed.iter().map(String::as_str).collect();
    let natural = [3, 0, 1, 2].map(|at| listed[at]);
    assert_eq!(made["infoHash"], theirs(root.path(), "Show", "65536", "yes", &natural));
    assert_eq!(made["trackers"], serde_json::json!([["http://a/1", "http://a/2"], ["udp://b:1"]]));
    let all = ours(root.path(), &[&args[..], &["--hidden"]].concat());
    assert_eq!((&made["files"], &all["files"]), (&4.into(), &6.into()));
}
