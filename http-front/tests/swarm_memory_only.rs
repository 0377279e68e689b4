//! `--storage memory`: a film larger than memory is streamed whole, nothing of it touches the disk,
//! what was dropped is fetched again and no longer offered.
#![cfg(feature = "lab")]

use std::path::Path;

use fixtures::Result;
use fixtures::server::{Server, ServerOptions, StreamRequest};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;

/// The least the setting takes.
const MEMORY: u64 = 8 << 20;

fn server(memory_mb: &str) -> ServerOptions {
    let mut options = ServerOptions::new(env!("CARGO_BIN_EXE_millrace"));
    options.env.push(("MILLRACE_RAM_BUFFER_MB".into(), memory_mb.into()));
    options.args(["--storage", "memory"])
}

/// Every file below `folder`.
fn files(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => found.extend(files(&entry.path())?),
            false => found.push(entry.file_name().to_string_lossy().into_owned()),
        }
    }
    found.sort();
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_larger_than_memory_is_streamed_and_never_written() -> Result<()> {
    let length = 5 * MEMORY;
    let torrent = TorrentSpec::pieces_of(256 * 1024).of_random("film.mkv", 31, length)?;
    let seeders = Seeders::limited(&torrent, 2, 0).await?;
    let server = Server::start(server("8")).await?;
    let client = server.client();
    client.add(&torrent, &seeders.addrs()).await?;
    for _ in 0..2 {
        let answer = client.stream(&StreamRequest::whole(&torrent, 0)).await?;
        let body = answer.digest().await?;
        assert_eq!((body.length, body.sha256), (length, torrent.files[0].sha256()?));
    }
    let stats = client.json("/api/cache-stats").await?;
    let (data, ram) = (&stats["data"], &stats["data"]["ram"]);
    assert_eq!((&data["backend"], &data["diskUsage"]), (&"memory".into(), &0.0.into()));
    let refetched = ram["refetched"].as_f64().unwrap_or_default();
    assert!(refetched >= 32.0, "the second time all but 8 MiB had to come again: {stats}");
    assert!(ram["used"].as_f64() <= Some(8.0), "{stats}");
    assert_eq!(files(server.data_dir())?, ["link.key", "millrace.redb"], "nothing else is on disk");
    let held = u64::from(client.pieces_held(&torrent.info_hash).await?);
    assert!(held * 256 * 1024 <= MEMORY, "{held} pieces are said to be here");
    let view = client.json(&format!("/api/torrents/{}", torrent.info_hash)).await?;
    let status = view["data"]["status"].as_str().unwrap_or_default();
    assert!(!["seeding", "complete"].contains(&status), "{view}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_for_which_there_is_no_room_is_refused() -> Result<()> {
    let torrent = TorrentSpec::pieces_of(2 << 20).of_random("film.mkv", 32, 24 << 20)?;
    let seeders = Seeders::limited(&torrent, 1, 0).await?;
    let server = Server::start(server("8")).await?;
    let client = server.client();
    client.add(&torrent, &seeders.addrs()).await?;
    // Two pieces each: two streams fit 8 MiB, a third does not.
    let mut first = client.stream(&StreamRequest::whole(&torrent, 0)).await?;
    let mut request = StreamRequest::whole(&torrent, 0);
    request.range = Some(format!("bytes={}-", 12 << 20));
    let mut second = client.stream(&request).await?;
    let head = first.at_least(1 << 20).await?.len() as u64;
    second.at_least(1 << 20).await?;
    let path = format!("/stream/proxy/{}?fileIndex=0", torrent.info_hash);
    let refused = client.get(&path).await?;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.json().await?["code"], "no_memory");
    drop(second);
    let body = first.digest().await?;
    assert_eq!(body.length, (24 << 20) - head, "the first goes on to its end");
    let whole = client.stream(&StreamRequest::whole(&torrent, 0)).await?.digest().await?;
    assert_eq!(whole.sha256, torrent.files[0].sha256()?, "there is room again");
    Ok(())
}
