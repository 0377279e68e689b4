//! One line in the log for each response that streams, when it ends.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use wire::InfoHash;

use crate::inputs::Broken;

/// What one response has brought so far; logs it when dropped, however the response ended.
#[derive(Debug)]
pub struct Account {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The file's number in it.
    pub file_index: usize,
    /// The client's address and port.
    pub client: String,
    /// The first byte of the file that was asked for.
    pub from: u64,
    /// When the request came.
    pub asked: Instant,
    /// From there to the first byte, once it went out.
    pub first_byte: Option<Duration>,
    /// Bytes given to the connection.
    pub sent: u64,
    /// Why the response broke off.
    pub error: Option<String>,
    /// Who else is told that it broke off.
    pub broken: Option<Broken>,
}

impl Account {
    /// `bytes` go out at `now`.
    pub fn count(&mut self, bytes: u64, now: Instant) {
        self.first_byte.get_or_insert_with(|| now.duration_since(self.asked));
        self.sent += bytes;
    }

    /// The response breaks off.
    pub fn failed(&mut self, error: String) {
        self.error = Some(error);
        if let Some(broken) = &self.broken {
            broken.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let Self { info_hash, file_index, client, from, sent, .. } = self;
        let first_byte = self.first_byte.map(|wait| wait.as_millis() as u64);
        let seconds = format!("{:.1}", self.asked.elapsed().as_secs_f64());
        match &self.error {
            None => tracing::info!(
                %info_hash, file_index, client, from, sent, first_byte_ms = first_byte, seconds,
                "stream ended"
            ),
            Some(error) => tracing::warn!(
                %info_hash, file_index, client, from, sent, first_byte_ms = first_byte, seconds,
                error, "stream broke off"
            ),
        }
    }
}
