//! A client that goes takes its cursor, its requests, its memory and its sockets with it.
#![cfg(feature = "lab")]

use std::time::Duration;

use fixtures::Result;
use fixtures::server::{Server, StreamRequest};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;

const SOON: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn cursor_requests_memory_and_sockets() -> Result<()> {
    let torrent = TorrentSpec::pieces_of(256 * 1024).of_random("film.mp4", 18, 64 << 20)?;
    let seeders = Seeders::limited(&torrent, 2, 2_000_000).await?;
    let server = Server::with(env!("CARGO_BIN_EXE_millrace"), &torrent, &[]).await?;
    let client = server.client();
    // Nothing is downloaded but for a reader.
    client.select(&torrent.info_hash, &[]).await?;
    client.add_peers(&torrent.info_hash, &seeders.addrs()).await?;
    let mut streams = Vec::new();
    for start in [0_u64, 20 << 20, 40 << 20] {
        let mut request = StreamRequest::whole(&torrent, 0);
        request.range = Some(format!("bytes={start}-"));
        let mut stream = client.stream(&request).await?;
        stream.at_least(1 << 20).await?;
        streams.push(stream);
    }
    let status = client.json("/status").await?;
    assert_eq!(status["streams"].as_array().map(Vec::len), Some(3), "{status}");
    let during = status["ram"]["used"].as_u64().unwrap();
    assert!(during > 0, "{status}");
    let files = server.usage()?.open_files;

    drop(streams);
    let gone = |status: &serde_json::Value| {
        status["streams"].as_array().is_some_and(Vec::is_empty)
            && status["downloadSpeed"] == 0
            && status["ram"]["used"].as_u64().is_some_and(|used| used <= during / 2)
    };
    client.until("/status", SOON, gone).await?;
    server.usage_until(SOON, |usage| usage.open_files + 3 <= files).await?;
    let before = seeders.uploaded().await?;
    let held = client.pieces_held(&torrent.info_hash).await?;
    let bytes = client.read(&torrent, 0, 0, 1 << 20).await?;
    assert!(bytes == torrent.files[0].read(0, 1 << 20)?, "what was read reads otherwise now");
    assert_eq!(seeders.uploaded().await?, before, "verified pieces were fetched again");
    assert!(client.pieces_held(&torrent.info_hash).await? >= held);
    Ok(())
}
