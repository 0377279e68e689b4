//! A film in each container comes out whole and true while slow peers still deliver it.
#![cfg(feature = "lab")]

use fixtures::Result;
use fixtures::media::{Container, Film};
use fixtures::server::{Server, StreamRequest};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;

#[tokio::test(flavor = "multi_thread")]
async fn faststart_moov_at_end_and_matroska() -> Result<()> {
    for container in Container::ALL {
        let film = Film::new(container).make()?;
        let torrent = TorrentSpec::pieces_of(64 * 1024).of_file(&film)?;
        let seeders = Seeders::limited(&torrent, 2, 2_000_000).await?;
        let server =
            Server::with(env!("CARGO_BIN_EXE_millrace"), &torrent, &seeders.addrs()).await?;
        let client = server.client();
        let answer = client.stream(&StreamRequest::whole(&torrent, 0)).await?;
        let kind = if container == Container::Mkv { "video/x-matroska" } else { "video/mp4" };
        assert_eq!(answer.header("content-type"), kind);
        assert_eq!(answer.header("accept-ranges"), "bytes");
        assert_eq!(answer.header("content-length"), torrent.files[0].length.to_string());
        let held = client.pieces_held(&torrent.info_hash).await?;
        let pieces = torrent.meta.info.geometry.pieces();
        assert!(held < pieces, "{container:?}: the body began after the download's end");
        let body = answer.digest().await?;
        assert_eq!(body.length, torrent.files[0].length);
        assert_eq!(body.sha256, torrent.files[0].sha256()?, "{container:?}");
    }
    Ok(())
}
