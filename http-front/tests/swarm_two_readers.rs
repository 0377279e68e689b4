//! Two readers of one file, far apart, both get their bytes while it downloads.
#![cfg(feature = "lab")]

use fixtures::server::{Server, StreamRequest};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use fixtures::{FixtureError, Result};

#[tokio::test(flavor = "multi_thread")]
async fn both_read_to_the_end() -> Result<()> {
    let length = 16 << 20;
    let torrent = TorrentSpec::pieces_of(256 * 1024).of_random("film.mp4", 13, length)?;
    let seeders = Seeders::limited(&torrent, 2, 3_000_000).await?;
    let server = Server::with(env!("CARGO_BIN_EXE_millrace"), &torrent, &seeders.addrs()).await?;
    let client = server.client();
    let whole = async {
        let answer = client.stream(&StreamRequest::whole(&torrent, 0)).await?;
        answer.digest().await
    };
    let half = async {
        let first = client.read(&torrent, 0, length / 2, 1 << 20).await?;
        let held = client.pieces_held(&torrent.info_hash).await?;
        let rest = client.read(&torrent, 0, length / 2 + (1 << 20), length / 2 - (1 << 20)).await?;
        Ok::<_, FixtureError>((held, [first, rest].concat()))
    };
    let (whole, half) = tokio::join!(whole, half);
    let (held, half) = half?;
    assert_eq!(whole?.sha256, torrent.files[0].sha256()?);
    assert!(half == torrent.files[0].read(length / 2, length / 2)?, "the second half differs");
    let pieces = torrent.meta.info.geometry.pieces();
    assert!(held < pieces, "the second reader waited for the download's end");
    Ok(())
}
