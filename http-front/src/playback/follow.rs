//! Follows a player that says nothing of itself, by the bytes it takes, and saves where it is.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use wire::InfoHash;

use super::infer::Reading;
use super::position;
use crate::FrontError;
use crate::app::App;
use crate::routes::shape;

/// One connection, which is followed as long as its [`Meter`] lives.
pub struct Followed {
    /// Where positions are kept.
    pub app: Arc<App>,
    /// The torrent.
    pub info_hash: InfoHash,
    /// The file's number in it.
    pub file_index: usize,
    /// Who reads.
    pub viewer: String,
    /// The first byte asked for.
    pub from: u64,
}

/// How far a connection is; dropped with it.
#[derive(Debug)]
pub struct Meter {
    /// The next byte of the file to go out.
    at: Arc<AtomicU64>,
    _open: oneshot::Sender<Infallible>,
}

impl Meter {
    /// `bytes` more went out.
    pub fn count(&self, bytes: u64) {
        self.at.fetch_add(bytes, Relaxed);
    }
}

impl Followed {
    /// Saves the position every `playback_save_interval_sec` while it changes, and at the end,
    /// unless it was a probe. One task a connection.
    pub fn follow(self) -> Meter {
        let at = Arc::new(AtomicU64::new(self.from));
        let (open, ended) = oneshot::channel();
        tokio::spawn(self.run(Arc::clone(&at), ended));
        Meter { at, _open: open }
    }

    async fn run(self, at: Arc<AtomicU64>, mut ended: oneshot::Receiver<Infallible>) {
        let reading = Reading { from: self.from, began: Instant::now() };
        let mut saved = self.from;
        loop {
            let settings = self.app.settings.now().await;
            let every = Duration::from_secs(settings.playback_save_interval_sec);
            let over = tokio::time::timeout(every, &mut ended).await.is_ok();
            let now = at.load(Relaxed);
            if now != saved {
                saved = now;
                if let Err(error) = self.save(&reading, now, every).await {
                    tracing::debug!(%error, info_hash = %self.info_hash, "no position inferred");
                }
            }
            if over {
                return;
            }
        }
    }

    async fn save(&self, reading: &Reading, at: u64, least: Duration) -> Result<(), FrontError> {
        let Self { app, info_hash, file_index, .. } = self;
        let view = app.engine.torrent(*info_hash).await?;
        let file = shape::file_of(&view, *file_index)?;
        // The index at a file's end is no place to watch from.
        if self.from > file.length / 100 * 99
            || !reading.is_viewing(at, file.length, least, Instant::now())
        {
            return Ok(());
        }
        let media = app.media(*info_hash, file).await?;
        let Some(position) = reading.position(&media, file.length, at, Instant::now()) else {
            return Ok(());
        };
        let viewer = self.viewer.clone();
        position::save(&app.engine, &view, *file_index, viewer, position, media.duration).await
    }
}
