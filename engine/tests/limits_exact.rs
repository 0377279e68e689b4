//! A limit holds within 5 % over ten seconds, and is shared fairly: among torrents whatever their
//! number of connections, among the connections of one, and a torrent's own limit is kept.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use engine::limits::{Limits, TorrentLimits};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

const SPAN: Duration = Duration::from_secs(10);

fn rate(bytes: u64) -> Option<NonZeroU64> {
    NonZeroU64::new(bytes)
}

/// Connections that move blocks as fast as they may; each one's bytes are counted.
struct Load(Vec<(Arc<AtomicU64>, AbortHandle)>);

impl Load {
    fn start(torrent: &TorrentLimits, connections: usize, up: bool) -> Self {
        let start = |_| {
            let (count, torrent) = (Arc::new(AtomicU64::new(0)), torrent.clone());
            let counter = count.clone();
            let moving = tokio::spawn(async move {
                loop {
                    match up {
                        true => torrent.upload(16_397).await,
                        false => torrent.download(16_397).await,
                    }
                    counter.fetch_add(16_397, Relaxed);
                    tokio::task::yield_now().await;
                }
            });
            (count, moving.abort_handle())
        };
        Self((0..connections).map(start).collect())
    }

    fn bytes(&self) -> Vec<u64> {
        self.0.iter().map(|(count, _)| count.load(Relaxed)).collect()
    }

    fn sum(&self) -> u64 {
        self.bytes().iter().sum()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.iter().for_each(|(_, moving)| moving.abort());
    }
}

#[track_caller]
fn about(got: u64, expected: u64) {
    let off = (got as f64 / expected as f64 - 1.0).abs();
    assert!(off < 0.05, "{got} bytes, expected {expected}: {:.1} % off", off * 100.0);
}

async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_global_limit_is_exact_at_every_size() {
    for bytes in [20_000, 333_333, 2_000_000, 100_000_000] {
        for up in [true, false] {
            let limits = Limits::new(&Handle::current());
            limits.set_global(rate(bytes), rate(bytes));
            let torrent = limits.torrent();
            settle().await;
            let load = Load::start(&torrent, 5, up);
            tokio::time::sleep(SPAN).await;
            about(load.sum(), 10 * bytes);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_way_has_its_own_limit() {
    let limits = Limits::new(&Handle::current());
    limits.set_global(rate(1_000_000), rate(3_000_000));
    let torrent = limits.torrent();
    settle().await;
    let (down, up) = (Load::start(&torrent, 3, false), Load::start(&torrent, 3, true));
    tokio::time::sleep(SPAN).await;
    about(down.sum(), 10_000_000);
    about(up.sum(), 30_000_000);
}

#[tokio::test(start_paused = true)]
async fn two_torrents_share_alike_though_one_has_many_connections() {
    let limits = Limits::new(&Handle::current());
    limits.set_global(rate(2_000_000), None);
    let torrents = [limits.torrent(), limits.torrent()];
    settle().await;
    let (one, nine) = (Load::start(&torrents[0], 1, false), Load::start(&torrents[1], 9, false));
    tokio::time::sleep(SPAN).await;
    about(one.sum(), 10_000_000);
    about(nine.sum(), 10_000_000);
    nine.bytes().iter().for_each(|bytes| {
        let off = (*bytes as f64 * 9.0 / 10_000_000.0 - 1.0).abs();
        assert!(off < 0.1, "among peers of one torrent: {:?}", nine.bytes());
    });
}

#[tokio::test(start_paused = true)]
async fn a_torrents_own_limit_holds_and_the_rest_is_the_others() {
    let limits = Limits::new(&Handle::current());
    limits.set_global(rate(2_000_000), None);
    let torrents = [limits.torrent(), limits.torrent()];
    torrents[0].set(rate(300_000), None);
    settle().await;
    let loads = torrents.each_ref().map(|torrent| Load::start(torrent, 4, false));
    tokio::time::sleep(SPAN).await;
    about(loads[0].sum(), 3_000_000);
    about(loads[1].sum(), 17_000_000);
}

#[tokio::test(start_paused = true)]
async fn a_changed_limit_holds_from_then_on_and_none_lets_everybody_go() {
    let limits = Limits::new(&Handle::current());
    let torrent = limits.torrent();
    torrent.set(None, rate(1_000_000));
    settle().await;
    let load = Load::start(&torrent, 3, true);
    tokio::time::sleep(SPAN).await;
    about(load.sum(), 10_000_000);
    torrent.set(None, rate(4_000_000));
    settle().await;
    let before = load.sum();
    tokio::time::sleep(SPAN).await;
    about(load.sum() - before, 40_000_000);

    torrent.set(None, rate(1));
    settle().await;
    let waiting = torrent.upload(1 << 30);
    tokio::pin!(waiting);
    assert!(tokio::time::timeout(SPAN, &mut waiting).await.is_err(), "it did not wait");
    drop(load);
    torrent.set(None, None);
    tokio::time::timeout(Duration::from_millis(50), waiting).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_waiting_holds_nobody_up() {
    let limits = Limits::new(&Handle::current());
    limits.set_global(None, rate(100_000));
    let torrent = limits.torrent();
    settle().await;
    let impatient = tokio::time::timeout(Duration::from_millis(100), torrent.upload(1 << 40));
    assert!(impatient.await.is_err());
    let start = tokio::time::Instant::now();
    torrent.upload(50_000).await;
    let took = start.elapsed();
    assert!(took < Duration::from_millis(600), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_used_is_not_saved_up() {
    let limits = Limits::new(&Handle::current());
    limits.set_global(rate(2_000_000), None);
    let torrent = limits.torrent();
    settle().await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let load = Load::start(&torrent, 3, false);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(load.sum() < 2_200_000, "{} bytes in the first second", load.sum());
}
