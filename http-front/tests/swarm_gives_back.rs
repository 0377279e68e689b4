//! What the server has it gives: libtorrent leechers that know nobody else finish, also from a
//! server that is still downloading.
#![cfg(feature = "lab")]

use std::time::Duration;

use fixtures::Result;
use fixtures::server::Server;
use fixtures::swarm::{Libtorrent, LibtorrentPeer, PeerOptions, Role, Seeders};
use fixtures::torrents::TorrentSpec;

#[tokio::test(flavor = "multi_thread")]
async fn leechers_finish_from_us_alone() -> Result<()> {
    let torrent = TorrentSpec::pieces_of(128 * 1024).of_random("film.mp4", 19, 8 << 20)?;
    let seeders = Seeders::limited(&torrent, 1, 2_000_000).await?;
    let server = Server::with(env!("CARGO_BIN_EXE_millrace"), &torrent, &seeders.addrs()).await?;
    let ours = server.client().peer_address().await?;
    let process = Libtorrent::start().await?;
    let mut leechers = Vec::new();
    for host in 2..4 {
        let dir = tempfile::tempdir()?;
        let options = PeerOptions {
            listen: Some(([127, 0, 0, host], 0).into()),
            peers: vec![ours],
            ..PeerOptions::default()
        };
        let role = Role::Leech(dir.path().to_owned());
        let leecher = LibtorrentPeer::start(&process, &torrent, role, options).await?;
        leechers.push((leecher, dir));
    }
    let limit = Duration::from_secs(60);
    let first = &leechers[0].0;
    first.finished(limit).await?;
    for (leecher, _dir) in &leechers {
        leecher.finished(limit).await?;
        let hashes: Vec<String> = leecher.hashes().await?.into_values().collect();
        assert_eq!(hashes, [torrent.files[0].sha256()?]);
    }
    let uploaded = server.client().torrent(&torrent.info_hash).await?["uploaded"].as_u64();
    assert!(uploaded.is_some_and(|bytes| bytes >= 8 << 20), "uploaded: {uploaded:?}");
    Ok(())
}
