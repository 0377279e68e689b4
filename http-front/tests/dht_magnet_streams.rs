//! A magnet that names nobody, no tracker and no peer, streams through a DHT of mainline and
//! libtorrent nodes within five seconds of a warm start: saved nodes, and no bootstrap node left.
#![cfg(feature = "lab")]

use std::time::{Duration, Instant};

use fixtures::Result;
use fixtures::server::{Server, ServerOptions, StreamRequest};
use fixtures::swarm::{LocalDht, Role};
use fixtures::torrents::TorrentSpec;
use fixtures::until::until;

const PATIENCE: Duration = Duration::from_secs(60);
/// From the start of the process to the first byte.
const WARM: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_magnet_that_names_nobody_streams() -> Result<()> {
    let mut dht = LocalDht::start().await?;
    let torrent = TorrentSpec::pieces_of(64 * 1024).of_random("film.mp4", 41, 4 << 20)?;
    let seeder = dht.peer(&torrent, Role::Seed).await?;
    let announced = async || dht.announced(torrent.meta.info_hash).await;
    until("announced", PATIENCE, announced, |who| who.contains(&seeder.address())).await?;

    let data = tempfile::tempdir()?;
    let bin = env!("CARGO_BIN_EXE_millrace");
    let cold = ServerOptions::new(bin).data_dir(data.path()).dht(dht.nodes().await);
    let cold = Server::start(cold).await?;
    let known = |answer: &serde_json::Value| {
        answer["services"]["torrent"]["dht"]["nodes"].as_u64().is_some_and(|nodes| nodes >= 4)
    };
    cold.client().until("/health", PATIENCE, known).await?;
    cold.stop().await?;

    let gone = fixtures::clients::free_port([127, 0, 0, 1].into())?;
    let started = Instant::now();
    let warm = ServerOptions::new(bin).data_dir(data.path()).dht([gone]);
    let warm = Server::start(warm).await?;
    let client = warm.client();
    client.add_magnet(&torrent.magnet(&[], &[])).await?;
    let mut answer = client.stream(&StreamRequest::whole(&torrent, 0)).await?;
    let mut body = answer.at_least(1).await?;
    let first_byte = started.elapsed();
    println!("first byte {first_byte:.2?} after the start");
    assert!(first_byte <= WARM, "first byte after {first_byte:?}; {}", warm.log());
    body.extend(answer.bytes().await?);
    assert!(body == torrent.files[0].read(0, 4 << 20)?, "the film differs");
    Ok(())
}
