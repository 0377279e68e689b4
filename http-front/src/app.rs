//! What every handler shares.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::EngineHandle;
use engine::supervise::Ledger;
use wire::AddressPolicy;

use crate::doors::Doors;
use crate::settings::store::Store;
use crate::tools::Ffmpeg;

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
    /// Supervised actors of the front; the engine keeps its own.
    pub ledger: Ledger,
}
