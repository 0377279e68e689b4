//! Piece lengths from 16 KiB to 16 MiB, the last piece short.
#![cfg(feature = "lab")]

use fixtures::Result;
use fixtures::server::{Server, ServerOptions, StreamRequest};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;

#[tokio::test(flavor = "multi_thread")]
async fn from_16_kib_to_16_mib() -> Result<()> {
    let server = Server::start(ServerOptions::new(env!("CARGO_BIN_EXE_millrace"))).await?;
    for (number, shift) in (14..=24).step_by(2).enumerate() {
        let length = (18 << 20) + 12_345;
        let seed = 100 + number as u64;
        let torrent = TorrentSpec::pieces_of(1 << shift).of_random("film.mp4", seed, length)?;
        let seeders = Seeders::one(&torrent).await?;
        server.client().add(&torrent, &seeders.addrs()).await?;
        let answer = server.client().stream(&StreamRequest::whole(&torrent, 0)).await?;
        let body = answer.digest().await?;
        assert_eq!(body.sha256, torrent.files[0].sha256()?, "pieces of {} KiB", 1 << (shift - 10));
        server.client().remove(&torrent.info_hash).await?;
    }
    Ok(())
}
