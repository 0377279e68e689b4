//! Looks at the limits of finished downloads now and then, and when asked.

use std::time::Duration;

use actix::prelude::*;
use futures_util::future::join_all;
use storage::disk::actor::Usage;

use super::{Kept, surplus};
use crate::EngineError;
use crate::engine::actor::Engine;
use crate::engine::torrents::actor::Drop as DropTorrent;
use crate::handle::unix_now;
use crate::torrent::keeping::actor::{Keeping, Retire};
use crate::view::Cleaned;

impl Engine {
    /// Sets the timer anew.
    pub(crate) fn arm_cleanup(&mut self, ctx: &mut Context<Self>) {
        let interval = Duration::from_secs(self.parts.settings.cache_cleanup_interval_sec);
        let timer = ctx.run_later(interval, |engine, ctx| {
            ctx.notify(CleanUp);
            engine.arm_cleanup(ctx);
        });
        if let Some(old) = self.cleanup.replace(timer) {
            ctx.cancel_future(old);
        }
    }
}

/// Removes finished downloads that are too many, with their files.
#[derive(Message)]
#[rtype(result = "Result<Cleaned, EngineError>")]
pub(crate) struct CleanUp;

impl Handler<CleanUp> for Engine {
    type Result = ResponseFuture<Result<Cleaned, EngineError>>;

    fn handle(&mut self, _: CleanUp, ctx: &mut Self::Context) -> Self::Result {
        let (disk, engine) = (self.parts.disk.clone(), ctx.address());
        let (root, limits) = (self.config.download_dir.clone(), self.parts.settings.cache_limits());
        let torrents = self.torrents.clone();
        Box::pin(async move {
            let usage = disk.send(Usage { root: root.clone() }).await;
            let usage = usage.map_err(|_| EngineError::Unavailable)??;
            let asked = torrents.values().map(|torrent| torrent.send(Keeping(root.clone())));
            let mut kept: Vec<_> = join_all(asked).await.into_iter().flatten().flatten().collect();
            for torrent in &mut kept {
                let mut sizes = usage.torrents.iter();
                let size = sizes.find(|(info_hash, _)| *info_hash == torrent.info_hash);
                torrent.bytes = size.map_or(0, |(_, bytes)| *bytes);
            }
            let mut cleaned = Cleaned::default();
            for Kept { info_hash, files, bytes, .. } in surplus(kept, limits, unix_now()) {
                let Some(torrent) = torrents.get(&info_hash) else { continue };
                if !torrent.send(Retire).await.unwrap_or(false) {
                    continue;
                }
                let gone = engine.send(DropTorrent { info_hash, delete_files: true }).await;
                gone.map_err(|_| EngineError::Unavailable)??;
                tracing::info!(%info_hash, files, bytes, "removed to keep to the cache's limits");
                cleaned.files += files;
                cleaned.bytes += bytes;
            }
            Ok(cleaned)
        })
    }
}
