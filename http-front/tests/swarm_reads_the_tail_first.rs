//! The last 2 MiB, asked for first, come before most of the file.
#![cfg(feature = "lab")]

use fixtures::Result;
use fixtures::server::Server;
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;

#[tokio::test(flavor = "multi_thread")]
async fn the_tail_comes_before_the_middle() -> Result<()> {
    let torrent = TorrentSpec::pieces_of(256 * 1024).of_random("film.mp4", 11, 24 << 20)?;
    let seeders = Seeders::limited(&torrent, 2, 2_000_000).await?;
    let server = Server::with(env!("CARGO_BIN_EXE_millrace"), &torrent, &seeders.addrs()).await?;
    let (start, length) = ((24 << 20) - (2 << 20), 2 << 20);
    let tail = server.client().read(&torrent, 0, start, length).await?;
    assert!(tail == torrent.files[0].read(start, length)?, "the tail's bytes differ");
    let held = server.client().pieces_held(&torrent.info_hash).await?;
    let pieces = torrent.meta.info.geometry.pieces();
    assert!(held < pieces / 2, "{held} of {pieces} pieces came before the tail was out");
    Ok(())
}
