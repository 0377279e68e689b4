//! Files of no bytes, and several files in one piece, each come out by themselves.
#![cfg(feature = "lab")]

use fixtures::Result;
use fixtures::server::{Server, StreamRequest};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;

#[tokio::test(flavor = "multi_thread")]
async fn each_file_is_itself() -> Result<()> {
    let files = [
        ("a-empty.txt", 0),
        ("b.mkv", 100_000),
        ("c.srt", 5),
        ("d-empty.nfo", 0),
        ("season/e.mkv", 700_001),
        ("season/f.srt", 17),
        ("z-empty", 0),
    ];
    let torrent = TorrentSpec::pieces_of(256 * 1024).of_folder("Show", 14, &files)?;
    let seeders = Seeders::one(&torrent).await?;
    let server = Server::with(env!("CARGO_BIN_EXE_millrace"), &torrent, &seeders.addrs()).await?;
    // Last to first, so that a shared piece is never there by chance of order.
    for (index, file) in torrent.files.iter().enumerate().rev() {
        let answer = server.client().stream(&StreamRequest::whole(&torrent, index)).await?;
        assert_eq!(answer.header("content-length"), file.length.to_string(), "file {index}");
        let body = answer.digest().await?;
        assert_eq!(body.sha256, file.sha256()?, "file {index}");
    }
    Ok(())
}
