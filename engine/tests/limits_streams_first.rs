//! Uploads never take all of the reads from disk that may go on at once: a stream finds one free.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use engine::limits::{Limits, UPLOAD_READS};
use futures_util::FutureExt;

#[tokio::test]
async fn uploads_of_all_torrents_share_a_few_reads() {
    let limits = Limits::new(&tokio::runtime::Handle::current());
    let torrents = [limits.torrent(), limits.torrent()];
    let mut turns = Vec::new();
    for n in 0..UPLOAD_READS {
        turns.push(torrents[n % 2].upload_read().await.unwrap());
    }
    assert!(torrents[0].upload_read().now_or_never().is_none(), "one more reads");
    turns.pop();
    assert!(torrents[1].upload_read().now_or_never().is_some());
}
