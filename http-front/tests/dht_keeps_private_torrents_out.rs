//! BEP 27: of a private torrent, seeded or wanted, the DHT never hears; of a public one beside it,
//! it does.
#![cfg(feature = "lab")]

use std::time::Duration;

use fixtures::Result;
use fixtures::server::{Server, ServerOptions};
use fixtures::swarm::LocalDht;
use fixtures::torrents::{Torrent, TorrentSpec};
use fixtures::until::until;

const PATIENCE: Duration = Duration::from_secs(60);

fn made(name: &str, private: bool, seed: u64) -> Result<Torrent> {
    let spec = TorrentSpec { private, ..TorrentSpec::pieces_of(16 * 1024) };
    spec.of_random(name, seed, 100_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_public_torrents_are_announced() -> Result<()> {
    let dht = LocalDht::start().await?;
    let seeded = [made("private.bin", true, 51)?, made("public.bin", false, 52)?];
    let wanted = [made("private.mp4", true, 53)?, made("public.mp4", false, 54)?];
    let data = tempfile::tempdir()?;
    seeded.iter().try_for_each(|torrent| torrent.copy_to(&data.path().join("downloads")))?;
    let options = ServerOptions::new(env!("CARGO_BIN_EXE_millrace")).data_dir(data.path());
    let server = Server::start(options.dht(dht.nodes().await)).await?;
    let client = server.client();
    for torrent in seeded.iter().chain(&wanted) {
        client.add(torrent, &[]).await?;
    }
    for torrent in [&seeded[1], &wanted[1]] {
        let announced = async || dht.announced(torrent.meta.info_hash).await;
        until("announced", PATIENCE, announced, |who| !who.is_empty()).await?;
    }
    for torrent in [&seeded[0], &wanted[0]] {
        assert_eq!(dht.announced(torrent.meta.info_hash).await?, [], "{}", torrent.info_hash);
    }
    Ok(())
}
