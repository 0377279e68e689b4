//! How the process is.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use engine::view::{ActorView, CacheStats, DhtView, EngineView, TorrentView};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::FrontError;
use crate::app::App;
use crate::doors::guard::Known;
use crate::error::Envelope;
use crate::routes::Shared;
use crate::routes::cache::Held;
use crate::routes::shape::timestamp;
use crate::routes::streams::{Stream, watched};
use crate::routes::torrents::{Dht, speeds};
use crate::settings::Settings;

/// Health answers within this, whatever hangs.
const PATIENCE: Duration = Duration::from_secs(2);
/// Actors of which there is always one: without it the process is not healthy.
const ALWAYS: [&str; 5] = ["Engine", "Cache", "Disk", "Catalogue", "HttpFront"];
/// The whole of it, for those who may know.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// `healthy` or `degraded`.
    status: &'static str,
    timestamp: String,
    /// Seconds.
    uptime: f64,
    version: &'static str,
    /// Load average of a minute, by core.
    cpu_load: f64,
    /// Share of memory that is free, 0–1.
    mem_free: f64,
    /// Transcode sessions.
    active_sessions: usize,
    active_torrents: usize,
    active_streams: usize,
    services: Services,
    config: ConfigHealth,
}

/// The parts.
#[derive(Serialize, ToSchema)]
pub struct Services {
    torrent: TorrentHealth,
    cache: CacheHealth,
}

/// The engine.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TorrentHealth {
    status: &'static str,
    active_torrents: usize,
    download_speed: u64,
    upload_speed: u64,
    dht: Dht,
}

/// What is on disk, in files; the usage is of the MiB it may take.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CacheHealth {
    status: &'static str,
    backend: &'static str,
    size: usize,
    max_size: usize,
    disk_usage: String,
}

/// What holds for every torrent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigHealth {
    port: u16,
    timeout: u64,
    max_retries: u32,
    cache_backend: &'static str,
}

/// What a stranger may know.
#[derive(Serialize, ToSchema)]
pub struct BriefHealth {
    status: &'static str,
}

/// Health
#[utoipa::path(get, path = "/health", tag = "system",
    responses((status = 200, body = Health), (status = 503, body = Health)))]
pub async fn health(state: Shared, Extension(known): Extension<Known>) -> Response {
    report(&state.0, known).await
}

/// Health, as orchestrators call it
#[utoipa::path(get, path = "/healthz", tag = "system",
    responses((status = 200, body = Health), (status = 503, body = Health)))]
pub async fn healthz(state: Shared, Extension(known): Extension<Known>) -> Response {
    report(&state.0, known).await
}

async fn report(app: &Arc<App>, Known(known): Known) -> Response {
    let asked = async {
        let status = app.engine.status().await.ok();
        let torrents = app.engine.list().await.unwrap_or_default();
        let streams = watched(app).await.map_or(0, |streams| streams.len());
        (status, torrents, streams, app.transcodes().await.0)
    };
    let asked = tokio::time::timeout(PATIENCE, asked).await;
    let (view, torrents, streams, active_sessions) = asked.unwrap_or((None, Vec::new(), 0, 0));
    let down = |actor: &ActorView| actor.alive == 0 && ALWAYS.contains(&actor.name.as_str());
    let healthy = view.as_ref().is_some_and(|view| !view.actors.iter().any(down));
    let (code, status) = match healthy {
        true => (StatusCode::OK, "healthy"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "degraded"),
    };
    if !known {
        return (code, Json(BriefHealth { status })).into_response();
    }
    let settings = app.settings.now().await;
    let services = services(view.as_ref(), &torrents, &settings);
    let cache_backend = services.cache.backend;
    let (cpu_load, mem_free) = load();
    let health = Health {
        status,
        timestamp: timestamp(SystemTime::now()),
        uptime: (app.started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
        version: env!("CARGO_PKG_VERSION"),
        cpu_load,
        mem_free,
        active_sessions,
        active_torrents: torrents.len(),
        active_streams: streams,
        services,
        config: ConfigHealth {
            port: app.port,
            timeout: settings.torrent_timeout_sec,
            max_retries: settings.torrent_max_retries,
            cache_backend,
        },
    };
    (code, Json(health)).into_response()
}

fn services(view: Option<&EngineView>, torrents: &[TorrentView], settings: &Settings) -> Services {
    let status = if view.is_some() { "running" } else { "down" };
    let held = view.map(|view| Held::new(view, torrents, settings));
    let (download_speed, upload_speed) = speeds(torrents);
    let active_torrents = torrents.len();
    let dht = view.map(|view| Dht::from(&view.dht)).unwrap_or_default();
    Services {
        torrent: TorrentHealth { status, active_torrents, download_speed, upload_speed, dht },
        cache: CacheHealth {
            status,
            backend: view.map_or("unknown", |view| view.backing.as_str()),
            size: held.as_ref().map_or(0, |held| held.files),
            max_size: settings.cache_max_size,
            disk_usage: format!("{:.2}%", held.map_or(0.0, |held| held.percent)),
        },
    }
}

/// Load by core and free memory, as the kernel tells them.
fn load() -> (f64, f64) {
    let info = rustix::system::sysinfo();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cpu = info.loads[0] as f64 / 65536.0 / cores as f64;
    let free = (info.freeram as u64).saturating_add(info.bufferram as u64);
    (round(cpu), round(share(free, info.totalram as u64)))
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The process from inside.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    streams: Vec<Stream>,
    ram: Ram,
    download_speed: u64,
    upload_speed: u64,
    actors: Vec<Actor>,
    /// Runs of ffmpeg that encode video.
    transcodes: usize,
    disk: Disk,
    port: Port,
    dht: DhtStatus,
    ffmpeg: FfmpegStatus,
}

/// Memory for pieces.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ram {
    used: u64,
    budget: u64,
    /// Share of reads answered from memory, 0–1.
    hit_rate: f64,
}

/// A supervised actor, or a kind of them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    name: String,
    alive: usize,
    restarts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
}

/// The disk that torrents lie on.
#[derive(Serialize, ToSchema)]
pub struct Disk {
    used: u64,
    free: u64,
}

/// Where peers reach us.
#[derive(Serialize, ToSchema)]
pub struct Port {
    peer: u16,
    mapped: bool,
}

/// The DHT node (BEP 5).
#[derive(Serialize, ToSchema)]
pub struct DhtStatus {
    enabled: bool,
    /// Nodes in its routing table.
    nodes: usize,
    alive: bool,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<DhtView> for DhtStatus {
    fn from(view: DhtView) -> Self {
        let DhtView { enabled, nodes, alive, error, .. } = view;
        Self { enabled, nodes, alive, error }
    }
}

/// ffmpeg, if there is one.
#[derive(Serialize, ToSchema)]
pub struct FfmpegStatus {
    found: bool,
    version: Option<String>,
}

/// The process from inside
#[utoipa::path(get, path = "/status", tag = "system",
    responses((status = 200, body = Status), (status = 503, body = Envelope)))]
pub async fn status(state: Shared) -> Result<Json<Status>, FrontError> {
    inside(&state.0).await.map(Json)
}

/// The process from inside
#[utoipa::path(get, path = "/api/status", tag = "system",
    responses((status = 200, body = Status), (status = 503, body = Envelope)))]
pub async fn api_status(State(app): Shared) -> Result<Json<Status>, FrontError> {
    inside(&app).await.map(Json)
}

async fn inside(app: &App) -> Result<Status, FrontError> {
    let view = app.engine.status().await?;
    let (download_speed, upload_speed) = speeds(&app.engine.list().await?);
    let streams = watched(app).await?;
    let actors = view.actors.into_iter().chain(app.ledger.view()).map(|actor| Actor {
        name: actor.name,
        alive: actor.alive,
        restarts: actor.restarts,
        last_error: actor.last_error,
    });
    let CacheStats { used, budget, hits, .. } = view.cache;
    let reads = hits.ram.reads + hits.disk.reads + hits.network.reads;
    Ok(Status {
        streams: streams.into_iter().map(Stream::from).collect(),
        ram: Ram { used, budget, hit_rate: share(hits.ram.reads, reads) },
        download_speed,
        upload_speed,
        actors: actors.collect(),
        transcodes: app.transcodes().await.1,
        disk: Disk { used: view.disk.0, free: view.disk.1 },
        port: Port { peer: view.peer_port, mapped: false },
        dht: view.dht.into(),
        ffmpeg: FfmpegStatus {
            found: app.ffmpeg.path.is_some(),
            version: app.ffmpeg.version.clone(),
        },
    })
}
