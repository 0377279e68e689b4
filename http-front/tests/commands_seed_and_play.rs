//! `tracker`, `seed` and `play` find each other as processes of their own: the URL that `play`
//! prints brings the file, and the log tells of the response.
#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test's helpers fail by panicking")]

mod common;

use std::path::Path;
use std::process::Stdio;

use common::{PATIENCE, bytes};
use fixtures::server::Client;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

const LENGTH: usize = 3_000_000;

#[tokio::test]
async fn what_one_seeds_the_other_plays() {
    let folder = tempfile::tempdir().unwrap();
    let film = bytes(LENGTH);
    std::fs::write(folder.path().join("film.mp4"), &film).unwrap();
    let (_tracker, announce) = start(folder.path(), &["tracker", "--bind", "127.0.0.1:0"]).await;
    let peer = ["--peer-port", "0", "--allow-local"];
    let seed = ["seed", "film.mp4", "--tracker", &announce, "--peer-bind", "127.0.0.1"];
    let (_seeder, seeded) = start(folder.path(), &[&seed[..], &peer[..]].concat()).await;
    let create = ["create", "film.mp4", "-o", "film.torrent", "--tracker", &announce];
    let (_made, made) = start(folder.path(), &create).await;
    assert_eq!(seeded.split_once(' ').unwrap().0, made.split_once(' ').unwrap().0);
    let play = ["play", "film.torrent", "--player", "none", "--log", "info"];
    let alone = ["--no-dht", "--no-default-trackers"];
    let play = [&play[..], &peer[..], &alone[..]].concat();
    let (mut player, url) = start(folder.path(), &play).await;
    let (server, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let client = Client::new(server.parse().unwrap());
    let answer = client.get(&format!("/{path}")).await.unwrap();
    assert!(answer.bytes().await.unwrap() == film, "what play streams is what was seeded");
    let pid = rustix::process::Pid::from_raw(player.id().unwrap() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let ended = tokio::time::timeout(PATIENCE, player.wait()).await.expect("play ends");
    assert!(ended.unwrap().success());
    let mut log = String::new();
    player.stderr.take().unwrap().read_to_string(&mut log).await.unwrap();
    let told = log.lines().find(|line| line.contains("stream ended")).expect("a line in the log");
    assert!(told.contains(&format!("sent={LENGTH}")), "{told}");
    assert!(!log.contains('\r'), "no progress line without a terminal: {log}");
}

#[tokio::test]
async fn a_magnet_plays_when_its_metadata_is_here() {
    let folder = tempfile::tempdir().unwrap();
    let film = bytes(LENGTH);
    std::fs::write(folder.path().join("film.mp4"), &film).unwrap();
    let (_tracker, announce) = start(folder.path(), &["tracker", "--bind", "127.0.0.1:0"]).await;
    let seed = ["seed", "film.mp4", "--tracker", &announce, "--peer-bind", "127.0.0.1"];
    let peer = ["--peer-port", "0", "--allow-local"];
    let (_seeder, seeded) = start(folder.path(), &[&seed[..], &peer[..]].concat()).await;
    let (hash, _) = seeded.split_once(' ').unwrap();
    let announce: String = url::form_urlencoded::byte_serialize(announce.as_bytes()).collect();
    let link = format!("magnet:?xt=urn:btih:{hash}&tr={announce}");
    let play = ["play", &link, "--player", "none", "--no-dht", "--no-default-trackers"];
    let (_player, url) = start(folder.path(), &[&play[..], &peer[..]].concat()).await;
    let (server, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let answer = Client::new(server.parse().unwrap()).get(&format!("/{path}")).await.unwrap();
    assert!(answer.bytes().await.unwrap() == film, "what play streams is what was seeded");
}

/// A process that ends with the test, and the first line it prints.
async fn start(folder: &Path, args: &[&str]) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_millrace"))
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(PATIENCE, lines.next_line()).await;
    let line = line.expect("a line").unwrap();
    (child, line.unwrap_or_else(|| panic!("{args:?} ended without a word")))
}
