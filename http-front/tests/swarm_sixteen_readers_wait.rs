//! Sixteen readers wait on missing pieces all over the file while writes go on: nobody starves.
#![cfg(feature = "lab")]

use std::time::{Duration, Instant};

use fixtures::server::Server;
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use fixtures::{FixtureError, Result};
use tokio::task::JoinSet;

const READERS: u64 = 16;
const PART: u64 = 1 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_starves() -> Result<()> {
    let length = 4 * READERS * PART;
    let torrent = TorrentSpec::pieces_of(256 * 1024).of_random("film.mp4", 17, length)?;
    let seeders = Seeders::limited(&torrent, 2, 3_000_000).await?;
    let server = Server::with(env!("CARGO_BIN_EXE_millrace"), &torrent, &seeders.addrs()).await?;
    let client = server.client();
    let mut readers = JoinSet::new();
    let started = Instant::now();
    for reader in 0..READERS {
        let request = fixtures::server::StreamRequest::part(&torrent, 0, reader * 4 * PART, PART);
        readers.spawn(async move {
            let bytes = client.stream(&request).await?.bytes().await?;
            Ok::<_, FixtureError>((reader, bytes, started.elapsed()))
        });
    }
    while let Some(done) = readers.join_next().await {
        let (reader, bytes, after) = done.unwrap()?;
        let want = torrent.files[0].read(reader * 4 * PART, PART)?;
        assert!(bytes == want, "reader {reader}'s bytes differ");
        // All sixteen want 16 MiB of 6 MB/s: three seconds; the whole file takes eleven.
        assert!(after < Duration::from_secs(9), "reader {reader} waited {after:?}");
    }
    Ok(())
}
