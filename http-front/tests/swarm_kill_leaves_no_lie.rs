//! Row 54: killed in the middle of its writes, the server never takes for true what is not.
#![cfg(feature = "lab")]

use fixtures::Result;
use fixtures::server::{Server, ServerOptions, StreamRequest};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;

#[tokio::test(flavor = "multi_thread")]
async fn row_54_the_file_is_whole_after_three_kills() -> Result<()> {
    let torrent = TorrentSpec::pieces_of(256 * 1024).of_random("film.mp4", 16, 16 << 20)?;
    let seeders = Seeders::limited(&torrent, 1, 6_000_000).await?;
    let data = tempfile::tempdir()?;
    let options = ServerOptions::new(env!("CARGO_BIN_EXE_millrace")).data_dir(data.path());
    for part in 1..=3 {
        let server = Server::start(options.clone()).await?;
        server.client().add(&torrent, &seeders.addrs()).await?;
        let start = (part - 1) * (4 << 20);
        let bytes = server.client().read(&torrent, 0, start, 3 << 20).await?;
        assert!(bytes == torrent.files[0].read(start, 3 << 20)?, "part {part} differs");
        server.kill().await?;
    }
    let server = Server::start(options).await?;
    server.client().add(&torrent, &seeders.addrs()).await?;
    let answer = server.client().stream(&StreamRequest::whole(&torrent, 0)).await?;
    assert_eq!(answer.digest().await?.sha256, torrent.files[0].sha256()?);
    Ok(())
}
