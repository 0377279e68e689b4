//! Two libtorrent sessions find each other through the local tracker and nothing else.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::process::Command;

use tracker::LocalTracker;

/// libtorrent's Python is named by `MILLRACE_PYTHON`; `make test` installs it. Without it this
/// fails: a skipped test proves nothing.
fn python() -> String {
    std::env::var("MILLRACE_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// Runs the two sessions on one of the tracker's URLs.
async fn meet(announce_url: String) {
    let work = tempfile::tempdir().unwrap();
    let mut command = Command::new(python());
    command
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/libtorrent_swarm.py"))
        .arg(announce_url)
        .arg(work.path());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn libtorrent_meets_over_http() {
    let local = LocalTracker::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    meet(local.announce_url()).await;
    local.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn libtorrent_meets_over_udp() {
    let local = LocalTracker::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    meet(local.udp_announce_url()).await;
    local.shutdown().await;
}
