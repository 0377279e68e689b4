//! What downloads take of disk and memory, and making room.

use axum::Json;
use axum::extract::State;
use engine::view::{Backing, EngineView, TorrentView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::FrontError;
use crate::app::App;
use crate::error::Envelope;
use crate::routes::Shared;
use crate::routes::extract::JsonBody;
use crate::routes::shape::{Success, done, ok};
use crate::settings::Settings;

/// Downloads on disk, in files and MiB, beside what they may take.
pub(super) struct Held {
    pub(super) files: usize,
    pub(super) megabytes: f64,
    pub(super) percent: f64,
}

impl Held {
    /// By what the engine says of itself and its torrents.
    pub(super) fn new(view: &EngineView, torrents: &[TorrentView], settings: &Settings) -> Self {
        let files = torrents.iter().flat_map(|torrent| &torrent.files);
        let megabytes = megabytes(view.disk.0);
        Self {
            files: files.filter(|file| file.downloaded == file.length).count(),
            megabytes,
            percent: megabytes / settings.cache_max_disk_mb as f64 * 100.0,
        }
    }

    async fn now(app: &App) -> Result<(EngineView, Self, Settings), FrontError> {
        let (view, torrents) = (app.engine.status().await?, app.engine.list().await?);
        let settings = app.settings.now().await;
        let held = Self::new(&view, &torrents, &settings);
        Ok((view, held, settings))
    }
}

/// MiB with two decimals.
fn megabytes(bytes: u64) -> f64 {
    (bytes as f64 / f64::from(1 << 20) * 100.0).round() / 100.0
}

/// Figures of the cache, on disk and in memory; sizes in MiB.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CacheStats {
    backend: &'static str,
    /// Complete files.
    size: usize,
    max_size: usize,
    disk_usage: f64,
    max_disk_usage: u64,
    disk_usage_percent: String,
    /// Seconds.
    cleanup_interval: u64,
    ram: CacheRam,
    scaling_info: ScalingInfo,
}

/// Piece memory; sizes in MiB.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CacheRam {
    used: f64,
    budget: f64,
    /// Reads answered from memory at once.
    hits: u64,
    /// Reads that waited for the swarm.
    misses: u64,
    /// Reads answered from files.
    disk_hits: u64,
    /// MiB that left memory and were fetched again.
    refetched: f64,
}

/// What the backend is good for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScalingInfo {
    backend: &'static str,
    /// Several servers can share it.
    is_scalable: bool,
    /// It outlives a restart.
    supports_persistence: bool,
    recommended_for_production: bool,
}

/// What downloads take of disk and memory
#[utoipa::path(get, path = "/api/cache-stats", tag = "system",
    responses((status = 200, body = Success<CacheStats>), (status = 503, body = Envelope)))]
pub async fn stats(State(app): Shared) -> Result<Json<Success<CacheStats>>, FrontError> {
    let (view, held, settings) = Held::now(&app).await?;
    let (backend, cache) = (view.backing.as_str(), view.cache);
    let files = view.backing == Backing::Disk;
    Ok(ok(CacheStats {
        backend,
        size: held.files,
        max_size: settings.cache_max_size,
        disk_usage: held.megabytes,
        max_disk_usage: settings.cache_max_disk_mb,
        disk_usage_percent: format!("{:.2}", held.percent),
        cleanup_interval: settings.cache_cleanup_interval_sec,
        ram: CacheRam {
            used: megabytes(cache.used),
            budget: megabytes(cache.budget),
            hits: cache.hits.ram.reads,
            misses: cache.hits.network.reads,
            disk_hits: cache.hits.disk.reads,
            refetched: megabytes(cache.refetched),
        },
        scaling_info: ScalingInfo {
            backend,
            is_scalable: false,
            supports_persistence: files,
            recommended_for_production: files,
        },
    }))
}

/// What downloads may take, and take; sizes in MiB, times in seconds.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CacheConfig {
    backend: &'static str,
    max_size: usize,
    /// Complete files.
    current_size: usize,
    max_disk_usage: u64,
    current_disk_usage: f64,
    disk_usage_percent: String,
    cleanup_interval: u64,
    /// 0 is for ever.
    ttl: u64,
}

/// What downloads may take of the disk, and take
#[utoipa::path(get, path = "/api/cache-config", tag = "system",
    responses((status = 200, body = Success<CacheConfig>), (status = 503, body = Envelope)))]
pub async fn config(State(app): Shared) -> Result<Json<Success<CacheConfig>>, FrontError> {
    let (view, held, settings) = Held::now(&app).await?;
    Ok(ok(CacheConfig {
        backend: view.backing.as_str(),
        max_size: settings.cache_max_size,
        current_size: held.files,
        max_disk_usage: settings.cache_max_disk_mb,
        current_disk_usage: held.megabytes,
        disk_usage_percent: format!("{:.2}", held.percent),
        cleanup_interval: settings.cache_cleanup_interval_sec,
        ttl: settings.cache_ttl_sec,
    }))
}

/// What to do with the cache.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CacheOrder {
    /// Look at the limits now.
    force_cleanup: bool,
}

/// What was removed, and what is left; sizes in MiB.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CacheCleaned {
    /// Files.
    cleaned_count: usize,
    #[serde(rename = "freedSpaceMB")]
    freed_space_mb: f64,
    final_size: usize,
    final_disk_usage: f64,
}

/// Remove finished downloads beyond the limits now
///
/// The least recently watched first, with their files; never one that is read, nor the one that
/// was watched last.
#[utoipa::path(post, path = "/api/cache-config", tag = "system", request_body = CacheOrder,
    responses((status = 200, body = Success<CacheCleaned>), (status = 400, body = Envelope)))]
pub async fn clean(
    State(app): Shared,
    JsonBody(order): JsonBody<CacheOrder>,
) -> Result<Json<Success<CacheCleaned>>, FrontError> {
    if !order.force_cleanup {
        let what = "nothing to do: forceCleanup is false; limits are changed by PUT /api/settings";
        return Err(FrontError::BadRequest(what.into()));
    }
    let cleaned = app.engine.clean_up().await?;
    let (_, held, _) = Held::now(&app).await?;
    let message = match cleaned.files {
        0 => "Nothing is beyond the limits",
        _ => "Cache cleaned successfully",
    };
    Ok(done(
        CacheCleaned {
            cleaned_count: cleaned.files,
            freed_space_mb: megabytes(cleaned.bytes),
            final_size: held.files,
            final_disk_usage: held.megabytes,
        },
        message.into(),
    ))
}
