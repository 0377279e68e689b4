//! libtorrent, transmission, aria2 and rqbit seed one torrent together, none of them fast enough
//! alone: Millrace streams it, and every one of them has given its part.
#![cfg(feature = "lab")]

use std::time::Duration;

use fixtures::clients::{Client, Kind, Part, Terms};
use fixtures::netns::{self, Net};
use fixtures::server::{Server, ServerOptions, StreamRequest};
use fixtures::torrents::TorrentSpec;
use fixtures::{FixtureError, Result};

const PIECE: u32 = 256 * 1024;
/// Bytes/s of each: transmission takes ten seconds to unchoke, and the others must not be done by
/// then.
const RATE: u64 = 250_000;
const LENGTH: u64 = 14 << 20;

#[test]
fn every_client_gives_its_part() -> Result<()> {
    netns::run("every_client_gives_its_part", stream)
}

async fn stream(net: Net) -> Result<()> {
    let torrent = TorrentSpec::pieces_of(PIECE).of_random("film.mp4", 33, LENGTH)?;
    let mut clients = Vec::new();
    for (host, kind) in (2..).zip(Kind::ALL) {
        if let Some(why) = kind.cannot_run(&net) {
            println!("{kind} is left out: {why}");
            continue;
        }
        let terms = Terms { upload_rate: RATE, ..Terms::at(net.host(host)) };
        clients.push((kind, Client::start(kind, &torrent, Part::Seed, &terms).await?));
    }
    let peers: Vec<_> = clients.iter().map(|(_, client)| client.address()).collect();
    let server = Server::start(ServerOptions::new(env!("CARGO_BIN_EXE_millrace"))).await?;
    server.client().add(&torrent, &peers).await?;
    let answer = server.client().stream(&StreamRequest::whole(&torrent, 0)).await?;
    let body = tokio::time::timeout(Duration::from_secs(90), answer.digest()).await;
    let body = body.map_err(|_| FixtureError::Timeout {
        what: format!("the film; {}", server.log()),
        after: Duration::from_secs(90),
    })??;
    assert_eq!(body.sha256, torrent.files[0].sha256()?);
    let mut sum = 0;
    for (kind, client) in &mut clients {
        let uploaded = client.said().await?.uploaded;
        println!("{kind} gave {uploaded} bytes");
        assert!(uploaded >= u64::from(PIECE), "{kind} gave {uploaded} bytes");
        sum += uploaded;
    }
    assert!(sum >= LENGTH, "{sum} bytes of {LENGTH}");
    Ok(())
}
