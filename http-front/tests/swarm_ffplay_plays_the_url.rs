//! ffplay plays from the twentieth second of each container while it downloads, without a complaint.
#![cfg(feature = "lab")]

use std::time::Duration;

use fixtures::Result;
use fixtures::media::{Container, Film};
use fixtures::server::{Server, StreamRequest};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn three_seconds_of_each_container() -> Result<()> {
    for container in Container::ALL {
        let torrent = TorrentSpec::pieces_of(64 * 1024).of_file(&Film::new(container).make()?)?;
        let seeders = Seeders::limited(&torrent, 2, 2_000_000).await?;
        let server =
            Server::with(env!("CARGO_BIN_EXE_millrace"), &torrent, &seeders.addrs()).await?;
        let url = server.client().url(&StreamRequest::whole(&torrent, 0).path());
        let player = Command::new("ffplay")
            .args(["-nodisp", "-autoexit", "-v", "error", "-ss", "20", "-t", "3"])
            .arg(&url)
            .envs([("SDL_VIDEODRIVER", "dummy"), ("SDL_AUDIODRIVER", "dummy")])
            .kill_on_drop(true)
            .output();
        let player = tokio::time::timeout(Duration::from_secs(60), player).await;
        let player = player.unwrap_or_else(|_| panic!("{container:?}: ffplay hangs"))?;
        let said = String::from_utf8_lossy(&player.stderr).into_owned()
            + &String::from_utf8_lossy(&player.stdout);
        assert!(player.status.success(), "{container:?}: {said}");
        let wrong = ["error", "Error", "failed", "Failed", "Invalid", "partial file"];
        assert!(!wrong.iter().any(|word| said.contains(word)), "{container:?}: {said}");
    }
    Ok(())
}
