//! `serve` says its URL and, in one line, what is missing; the limit of open files it raises itself.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test's helpers fail by panicking")]

mod common;

use std::process::Stdio;

use common::PATIENCE;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Starts a server after `before` in a shell; returns it and its log up to the last of the start.
async fn serve(before: &str, folder: &std::path::Path) -> (Child, Vec<String>) {
    let mut child = Command::new("/bin/sh")
        .args(["-c", &format!("{before}; exec \"$@\""), "sh", env!("CARGO_BIN_EXE_millrace")])
        .args(["serve", "--bind", "127.0.0.1:0", "--peer-port", "0", "--peer-bind", "127.0.0.1"])
        .args(["--no-dht", "--no-default-trackers", "--log", "info", "--data-dir"])
        .arg(folder)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut log = Vec::new();
    let read = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            let last = line.contains("missing:");
            log.push(line);
            if last {
                return;
            }
        }
        panic!("it ended: {log:?}");
    };
    tokio::time::timeout(PATIENCE, read).await.expect("the server starts");
    (child, log)
}

#[tokio::test]
async fn one_line_for_all_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, log) = serve("ulimit -n 300; PATH=/nowhere; export PATH", folder.path()).await;
    assert!(log.iter().any(|line| line.contains("http://127.0.0.1:")), "{log:?}");
    let missing = log.last().unwrap();
    assert!(missing.contains("ffmpeg") && missing.contains("only 300 files"), "{missing}");
}

#[tokio::test]
async fn the_limit_of_open_files_is_raised() {
    let folder = tempfile::tempdir().unwrap();
    let (server, log) = serve("ulimit -S -n 300; PATH=/nowhere; export PATH", folder.path()).await;
    let limits = format!("/proc/{}/limits", server.id().unwrap());
    let limits = std::fs::read_to_string(limits).unwrap();
    let open = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let mut words = open.split_whitespace().skip(3);
    let (soft, hard) = (words.next().unwrap(), words.next().unwrap());
    assert_eq!(soft, hard, "{open}");
    assert_ne!(soft, "300", "the machine's own limit is that low");
    assert!(!log.last().unwrap().contains("only 300"), "{log:?}");
}
