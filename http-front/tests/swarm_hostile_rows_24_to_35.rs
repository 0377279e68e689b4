//! Rows 24 to 28 and 35 live: liars, stallers and floods beside one honest seeder; the bytes that
//! leave are true and come about as fast as the honest seeder sends them.
#![cfg(feature = "lab")]

use std::time::{Duration, Instant};

use fixtures::Result;
use fixtures::fake_peer::{FakePeer, Vice};
use fixtures::server::{Server, StreamRequest};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;

const LENGTH: u64 = 6 << 20;

/// Streams the whole beside `vices`; returns the fake peers and how long it took.
async fn stream_beside(vices: &[Vice]) -> Result<(Vec<FakePeer>, Duration)> {
    let torrent = TorrentSpec::pieces_of(128 * 1024).of_random("film.mp4", 22, LENGTH)?;
    let seeders = Seeders::limited(&torrent, 1, 2_000_000).await?;
    let (mut fakes, mut peers) = (Vec::new(), seeders.addrs());
    for &vice in vices {
        let fake = FakePeer::with(&torrent, vice).await?;
        peers.push(fake.address());
        fakes.push(fake);
    }
    let server = Server::with(env!("CARGO_BIN_EXE_millrace"), &torrent, &peers).await?;
    let started = Instant::now();
    let answer = server.client().stream(&StreamRequest::whole(&torrent, 0)).await?;
    let body = answer.digest().await?;
    assert_eq!(body.sha256, torrent.files[0].sha256()?, "{vices:?}");
    let rss = server.usage()?.rss;
    assert!(rss < 512 << 20, "{vices:?}: {rss} bytes of memory");
    Ok((fakes, started.elapsed()))
}

#[tokio::test(flavor = "multi_thread")]
async fn row_24_a_corrupt_peer_is_banned() -> Result<()> {
    let (fakes, _) = stream_beside(&[Vice::Corrupt { one_in: 1 }]).await?;
    let seen = fakes[0].until(Duration::from_secs(10), |seen| seen.closed > 0).await?;
    assert!(seen.spoilt > 0, "the liar was never asked: {seen:?}");
    assert_eq!(seen.accepted, 1, "a banned peer was dialled again: {seen:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn row_25_good_data_first_buys_no_lies() -> Result<()> {
    let (fakes, _) = stream_beside(&[Vice::CorruptAfter { blocks: 24 }]).await?;
    let seen = fakes[0].seen();
    assert!(seen.blocks >= seen.spoilt && seen.blocks > 0, "never asked: {seen:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_26_and_35_stallers_hold_nothing_up() -> Result<()> {
    let (fakes, took) = stream_beside(&[
        Vice::StallAfter { blocks: 3 },
        Vice::StallAfter { blocks: 0 },
        Vice::SlowBytes { per_second: 100 },
        Vice::ChokeForever,
        Vice::RejectAll,
    ])
    .await?;
    // Three seconds from the honest seeder alone; a block left with a staller would never come.
    assert!(took < Duration::from_secs(20), "took {took:?}");
    for fake in &fakes {
        assert!(fake.seen().handshakes > 0, "a fake peer was never met");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn row_27_floods_and_who_never_reads_are_cheap() -> Result<()> {
    let vices = [Vice::RequestFlood, Vice::NeverReads, Vice::NeverReads, Vice::CancelStorm];
    let (fakes, took) = stream_beside(&vices).await?;
    assert!(took < Duration::from_secs(20), "took {took:?}");
    fakes[3].until(Duration::from_secs(10), |seen| seen.closed > 0).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn row_28_who_chatters_is_closed() -> Result<()> {
    let vices = [Vice::ChokeFlood, Vice::HaveFlood, Vice::KeepAliveFlood];
    let (fakes, took) = stream_beside(&vices).await?;
    assert!(took < Duration::from_secs(20), "took {took:?}");
    for (fake, vice) in fakes.iter().zip(vices) {
        let seen = fake.until(Duration::from_secs(10), |seen| seen.closed > 0).await?;
        assert!(seen.accepted <= 2, "{vice:?} was dialled again and again: {seen:?}");
    }
    Ok(())
}
