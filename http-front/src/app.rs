//! What every handler shares.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::supervise::Ledger;
use engine::view::FileView;
use engine::{EngineHandle, MediaHint};
use wire::{AddressPolicy, InfoHash};

use crate::doors::Doors;
use crate::hls::actor::HlsHandle;
use crate::inputs::Inputs;
use crate::plan::Means;
use crate::probe::once::{FileId, Probed};
use crate::probe::torrent::TorrentSource;
use crate::probe::{Limits, MediaInfo, ProbeError, ffprobe, probe};
use crate::sandbox::Sandbox;
use crate::settings::store::Store;
use crate::tools::Ffmpeg;

/// What a probe through a torrent may take: its bytes come from peers, whom one waits for.
const PROBE: Limits = Limits { wall: Duration::from_secs(300), ..Limits::DEFAULT };

/// The front's view of the process: handles and facts, nothing that changes by itself.
pub struct App {
    /// The torrents.
    pub engine: EngineHandle,
    /// Host, origin, credentials, links.
    pub doors: Arc<Doors>,
    /// What can be changed while we run.
    pub settings: Store,
    /// How long a request that needs metadata waits for it.
    pub metadata_patience: Duration,
    /// Which addresses a URL in a request may lead to.
    pub policy: AddressPolicy,
    /// Scheme, host and prefix that links carry when we stand behind a proxy.
    pub public_base_url: Option<String>,
    /// The port we answer on.
    pub port: u16,
    /// When the process began.
    pub started: Instant,
    /// ffmpeg, if there is one.
    pub ffmpeg: Ffmpeg,
    /// Whether sound may be encoded anew.
    pub transcode_audio: bool,
    /// Where ffmpeg reads.
    pub inputs: Inputs,
    /// HLS; `None` without ffmpeg.
    pub hls: Option<HlsHandle>,
    /// What is in the files.
    pub probed: Probed,
    /// Supervised actors of the front; the engine keeps its own.
    pub ledger: Ledger,
}

impl App {
    /// What is in a file, probed once: its head is fetched, then exactly its index.
    ///
    /// # Errors
    /// What the probe says.
    pub async fn media(
        &self,
        hash: InfoHash,
        file: &FileView,
    ) -> Result<Arc<MediaInfo>, ProbeError> {
        let id = (hash, file.index);
        let source = TorrentSource {
            engine: self.engine.clone(),
            info_hash: hash,
            file_index: file.index,
            len: file.length,
        };
        let told = async || {
            let told = probe(&source, &PROBE).await?;
            let told = match Sandbox::of(&self.ffmpeg) {
                Some(sandbox) if !told.container.is_native() => {
                    let input = self.inputs.url(id);
                    ffprobe(&sandbox, &input.url(), told.container, PROBE.wall).await?
                }
                _ => told,
            };
            self.hint(id, &told).await;
            Ok(told)
        };
        self.probed.get(id, told).await
    }

    /// Tells the picker what the container says: deadlines go by its bitrate.
    async fn hint(&self, (hash, file): FileId, media: &MediaInfo) {
        let rate = media.bitrate.clone();
        let (average, step, curve) =
            rate.map_or_else(Default::default, |rate| (rate.average, rate.step, rate.curve));
        let hint = MediaHint { average, step, curve, index: media.fetched.clone() };
        if let Err(error) = self.engine.media_hint(hash, file, hint).await {
            tracing::debug!(%hash, file, %error, "the picker was told nothing of the bitrate");
        }
    }

    /// What can be done for a player of `file`.
    pub async fn means(&self, file: &FileView) -> Means {
        let incomplete = file.downloaded < file.length;
        Means {
            ffmpeg: self.hls.is_some(),
            transcode_audio: self.transcode_audio,
            hls_first: incomplete && self.settings.now().await.hls_while_incomplete,
        }
    }

    /// Transcode sessions, and runs of ffmpeg that encode video.
    pub async fn transcodes(&self) -> (usize, usize) {
        match &self.hls {
            Some(hls) => hls.count().await,
            None => (0, 0),
        }
    }
}
