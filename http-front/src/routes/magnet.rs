//! Torrents named by magnet link: known, or added and waited for.

use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, State};
use engine::view::TorrentView;
use engine::{AddTorrent, EngineError};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{InfoHash, Magnet};

use crate::FrontError;
use crate::app::App;
use crate::doors::Origin;
use crate::error::Envelope;
use crate::routes::Shared;
use crate::routes::extract::Search;
use crate::routes::shape::{Full, Success, ok};
use crate::routes::torrents::{Removal, Removed, remove_it};

/// A request that needs metadata waits for it this long, unless a test is less patient.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A torrent by magnet.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ByMagnet {
    /// A magnet link of at most 8 KiB.
    magnet: String,
}

/// A magnet link, or an info hash alone.
///
/// # Errors
/// [`FrontError::BadMagnet`] says what is wrong with it.
pub fn parse(text: &str) -> Result<Magnet, FrontError> {
    let text = text.trim();
    match InfoHash::parse(text) {
        Some(info_hash) => Ok(Magnet::of(info_hash)),
        None => Magnet::parse(text).map_err(|error| FrontError::BadMagnet(error.to_string())),
    }
}

/// The torrent that `magnet` names, with its metadata; added if it is not here. Its trackers and
/// peers join those of a torrent that is. Another site's page reads what is here and adds nothing.
///
/// # Errors
/// [`FrontError::ForbiddenOrigin`]; see [`known`].
pub async fn torrent(app: &App, magnet: Magnet, asks: Origin) -> Result<TorrentView, FrontError> {
    let view = match asks {
        Origin::Foreign => {
            app.engine.torrent(magnet.info_hash).await.map_err(|error| match error {
                EngineError::NoSuchTorrent(_) => FrontError::ForbiddenOrigin("another site".into()),
                other => other.into(),
            })?
        }
        Origin::Own | Origin::Allowed => app.engine.add(AddTorrent::magnet(magnet)).await?.view,
    };
    known(app, view).await
}

/// The torrent once its metadata is known.
///
/// # Errors
/// [`EngineError::NoPeers`] or [`EngineError::MetadataTimeout`] after [`App::metadata_patience`];
/// [`EngineError::Failed`] when it is in error for another reason than that it found no peer.
pub async fn known(app: &App, view: TorrentView) -> Result<TorrentView, FrontError> {
    if view.metadata {
        return Ok(view);
    }
    match app.engine.metadata(view.info_hash, app.metadata_patience).await {
        Err(EngineError::Failed(reason)) => {
            let peers = app.engine.torrent(view.info_hash).await?.peers;
            let failed = EngineError::Failed(reason.clone());
            Err(if peers == 0 { EngineError::NoPeers(reason) } else { failed }.into())
        }
        other => Ok(other?),
    }
}

/// Metadata and files by magnet
///
/// Adds the torrent if it is not here, and waits up to a minute for its metadata.
#[utoipa::path(get, path = "/torrent/info", tag = "torrents", params(ByMagnet),
    responses((status = 200, body = Success<Full>), (status = 400, body = Envelope),
        (status = 504, description = "No peer, or none that sent it", body = Envelope)))]
pub async fn info(
    State(app): Shared,
    Search(ByMagnet { magnet }): Search<ByMagnet>,
    Extension(asks): Extension<Origin>,
) -> Result<Json<Success<Full>>, FrontError> {
    let hash = torrent(&app, parse(&magnet)?, asks).await?.info_hash;
    // With its trackers, which waiting does not tell.
    Ok(ok(Full::from(&app.engine.torrent(hash).await?)))
}

/// Remove a torrent by magnet; its streams end
#[utoipa::path(delete, path = "/torrent", tag = "torrents", params(ByMagnet, Removal),
    responses((status = 200, body = Success<Removed>), (status = 400, body = Envelope),
        (status = 404, body = Envelope)))]
pub async fn remove(
    State(app): Shared,
    Search(ByMagnet { magnet }): Search<ByMagnet>,
    Search(removal): Search<Removal>,
) -> Result<Json<Success<Removed>>, FrontError> {
    remove_it(&app, parse(&magnet)?.info_hash, removal).await
}
