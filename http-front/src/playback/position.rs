//! How far a file was watched: read and saved.

use std::time::{Duration, SystemTime};

use engine::view::TorrentView;
use engine::{EngineHandle, Watched};
use serde::Serialize;
use utoipa::ToSchema;
use wire::InfoHash;

use crate::FrontError;
use crate::routes::shape::{self, timestamp};

/// Trackers in the magnet link of the history.
const TRACKERS: usize = 5;

/// How far a file was watched.
#[derive(Serialize, ToSchema, Debug)]
pub struct Progress {
    torrent_id: String,
    file_index: usize,
    /// Seconds from the film's start; 0 when nothing is saved.
    position_sec: f64,
    duration_sec: Option<f64>,
    /// `null` when nothing is saved.
    updated_at: Option<String>,
}

impl Progress {
    /// What is saved of a file, or that nothing is.
    pub fn of(info_hash: InfoHash, file_index: usize, saved: Option<&Watched>) -> Self {
        Self {
            torrent_id: info_hash.to_string(),
            file_index,
            position_sec: saved.map_or(0.0, |saved| saved.position.as_secs_f64()),
            duration_sec: saved.and_then(|saved| saved.duration).map(|d| d.as_secs_f64()),
            updated_at: saved.map(|saved| timestamp(saved.updated_at)),
        }
    }
}

/// The position saved of a file, in seconds: `X-Last-Position`, and the plan's `last_position`.
///
/// # Errors
/// The catalogue does not read.
pub async fn last_position(
    engine: &EngineHandle,
    info_hash: InfoHash,
    file_index: usize,
) -> Result<Option<f64>, FrontError> {
    let saved = saved(engine, info_hash, file_index).await?;
    Ok(saved.map(|saved| saved.position.as_secs_f64()))
}

/// What is saved of a file.
///
/// # Errors
/// The catalogue does not read.
pub async fn saved(
    engine: &EngineHandle,
    info_hash: InfoHash,
    file_index: usize,
) -> Result<Option<Watched>, FrontError> {
    // No torrent has that many files.
    let Ok(file) = u32::try_from(file_index) else { return Ok(None) };
    Ok(engine.position(info_hash, file).await?)
}

/// A viewer is at `position` of a file; durable when answered.
///
/// # Errors
/// The torrent has no such file; the catalogue does not write.
pub async fn save(
    engine: &EngineHandle,
    view: &TorrentView,
    file_index: usize,
    session: String,
    position: Duration,
    duration: Option<Duration>,
) -> Result<(), FrontError> {
    let file = shape::file_of(view, file_index)?.index;
    let now = SystemTime::now();
    let watched = Watched {
        info_hash: view.info_hash,
        file: u32::try_from(file).map_err(|_| FrontError::Internal)?,
        session,
        title: view.name.clone(),
        magnet: shape::magnet(view, TRACKERS),
        position,
        duration,
        watched_at: now,
        updated_at: now,
    };
    Ok(engine.save_watched(watched).await?)
}
