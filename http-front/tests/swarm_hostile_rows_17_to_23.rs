//! Rows 17 to 23 live: each vice is shut out, and a stream from an honest seeder never notices.
#![cfg(feature = "lab")]

use std::time::Duration;

use fixtures::Result;
use fixtures::fake_peer::{FakePeer, Vice};
use fixtures::server::{Server, StreamRequest};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;

/// Row 17 allows ten seconds for a handshake; the others are found out at once.
const FOUND_OUT: Duration = Duration::from_secs(20);

async fn shut_out(vices: &[(u8, Vice)]) -> Result<()> {
    // 21 pieces: the bitfield has three spare bits.
    let torrent = TorrentSpec::pieces_of(256 * 1024).of_random("film.mp4", 21, 21 << 18)?;
    let seeders = Seeders::limited(&torrent, 1, 1_000_000).await?;
    let mut liars = Vec::new();
    let mut peers = Vec::new();
    for &(row, vice) in vices {
        let liar = FakePeer::with(&torrent, vice).await?;
        peers.push(liar.address());
        liars.push((row, vice, liar));
    }
    peers.extend(seeders.addrs());
    let server = Server::with(env!("CARGO_BIN_EXE_millrace"), &torrent, &peers).await?;
    let answer = server.client().stream(&StreamRequest::whole(&torrent, 0)).await?;
    for (row, vice, liar) in &liars {
        if let Err(error) = liar.until(FOUND_OUT, |seen| seen.closed > 0).await {
            panic!("row {row}, {vice:?}: {error}");
        }
    }
    assert_eq!(answer.digest().await?.sha256, torrent.files[0].sha256()?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn row_17_handshakes() -> Result<()> {
    shut_out(&[(17, Vice::WrongProtocol), (17, Vice::WrongInfoHash), (17, Vice::HalfHandshake)])
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_18_to_20_lengths_bitfields_and_indices() -> Result<()> {
    shut_out(&[
        (18, Vice::HugeLength),
        (19, Vice::LongBitfield),
        (19, Vice::SpareBits),
        (19, Vice::BitfieldTwice),
        (19, Vice::LateBitfield),
        (20, Vice::HaveBeyondEnd),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_21_to_23_requests_and_pieces() -> Result<()> {
    shut_out(&[
        (21, Vice::RequestNothing),
        (21, Vice::RequestTooMuch),
        (22, Vice::UnaskedPieces),
        (23, Vice::ShortBlocks),
    ])
    .await
}
