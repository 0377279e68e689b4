//! A seek to 80 % in the middle of a stream is answered before what lies between.
#![cfg(feature = "lab")]

use fixtures::Result;
use fixtures::server::{Server, StreamRequest};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;

#[tokio::test(flavor = "multi_thread")]
async fn the_target_comes_before_what_lies_between() -> Result<()> {
    let length: u64 = 32 << 20;
    let torrent = TorrentSpec::pieces_of(256 * 1024).of_random("film.mkv", 12, length)?;
    let seeders = Seeders::limited(&torrent, 2, 2_000_000).await?;
    let server = Server::with(env!("CARGO_BIN_EXE_millrace"), &torrent, &seeders.addrs()).await?;
    let client = server.client();
    let mut from_start = client.stream(&StreamRequest::whole(&torrent, 0)).await?;
    let head = from_start.at_least(1 << 20).await?;
    assert!(head == torrent.files[0].read(0, head.len() as u64)?, "the head's bytes differ");
    drop(from_start);
    let start = length / 5 * 4;
    let mut request = StreamRequest::whole(&torrent, 0);
    request.range = Some(format!("bytes={start}-"));
    let mut answer = client.stream(&request).await?;
    let range = format!("bytes {start}-{}/{length}", length - 1);
    assert_eq!(answer.header("content-range"), range);
    let bytes = answer.at_least(1 << 20).await?;
    assert!(bytes == torrent.files[0].read(start, bytes.len() as u64)?, "the bytes differ");
    let held = client.pieces_held(&torrent.info_hash).await?;
    let pieces = torrent.meta.info.geometry.pieces();
    assert!(held < pieces / 2, "{held} of {pieces} pieces came before the seek was answered");
    Ok(())
}
