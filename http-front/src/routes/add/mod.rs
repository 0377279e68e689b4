//! `POST /api/torrents`.
//!
//! | module | concept |
//! | --- | --- |
//! | this one | the route: added, waited for, answered |
//! | [`body`] | what a request carries |

pub mod body;

use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use engine::EngineError;
use engine::view::{Status, TorrentView};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::FrontError;
use crate::app::App;
use crate::error::Envelope;
use crate::routes::Shared;
use crate::routes::add::body::AddRequest;
use crate::routes::extract::Search;
use crate::routes::shape::{Success, done};

/// How long to wait for metadata.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wait {
    /// Seconds, at most 60.
    #[serde(default = "five")]
    #[param(maximum = 60)]
    wait: u8,
}

fn five() -> u8 {
    5
}

/// What adding came to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddAnswer {
    info_hash: String,
    name: String,
    /// It was there already.
    cached: bool,
    status: &'static str,
    /// Empty until the metadata is known.
    files: Vec<AddedFile>,
    message: String,
}

/// A file of the torrent added.
#[derive(Serialize, ToSchema)]
pub struct AddedFile {
    index: usize,
    name: String,
    path: String,
    length: u64,
}

/// Add a torrent
///
/// A .torrent as `application/x-bittorrent` or in the field `torrent` of `multipart/form-data`; a
/// magnet or info hash as JSON or `text/plain`; a .torrent's URL as JSON. It is in the catalogue
/// at once; new trackers and peers join a torrent that is there already.
#[utoipa::path(post, path = "/api/torrents", tag = "torrents", params(Wait),
    request_body(content(
        (AddRequest = "application/json"),
        (Vec<u8> = "application/x-bittorrent"),
        (Vec<u8> = "multipart/form-data"),
        (String = "text/plain"),
    )),
    responses(
        (status = 201, description = "Added", body = Success<AddAnswer>),
        (status = 200, description = "Was there already", body = Success<AddAnswer>),
        (status = 202, description = "Its metadata is not known yet", body = Success<AddAnswer>),
        (status = 400, description = "Not a torrent, magnet or hash", body = Envelope),
        (status = 403, description = "An address that may not be contacted", body = Envelope),
        (status = 413, description = "Too large", body = Envelope),
        (status = 415, description = "Not a type this route reads", body = Envelope),
        (status = 502, description = "The URL can't be reached", body = Envelope)))]
pub async fn add(
    State(app): Shared,
    Search(Wait { wait }): Search<Wait>,
    request: Request,
) -> Result<Response, FrontError> {
    if wait > 60 {
        return Err(FrontError::BadRequest("wait is at most 60 seconds".into()));
    }
    let added = app.engine.add(body::wanted(&app, request).await?).await?;
    let view = waited_for(&app, added.view, Duration::from_secs(wait.into())).await?;
    let (status, message) = match (view.metadata, added.existed) {
        (true, true) => {
            (StatusCode::OK, "the torrent was here already; new trackers and peers joined it")
        }
        (true, false) => (StatusCode::CREATED, "torrent added"),
        (false, true) => (StatusCode::ACCEPTED, "the torrent was here already, without metadata"),
        (false, false) => (StatusCode::ACCEPTED, "torrent added; its metadata comes from peers"),
    };
    let message = match &view.error {
        Some(reason) if !view.metadata => format!("{message}: {reason}"),
        _ => message.to_owned(),
    };
    let answer = answer(&view, added.existed, message.clone());
    Ok((status, done(answer, message)).into_response())
}

/// The torrent with its metadata, or as it is when that does not come in time. A paused torrent
/// asks nobody, so it is not waited for.
async fn waited_for(
    app: &App,
    view: TorrentView,
    wait: Duration,
) -> Result<TorrentView, FrontError> {
    if view.metadata || view.status == Status::Paused || wait.is_zero() {
        return Ok(view);
    }
    match app.engine.metadata(view.info_hash, wait).await {
        Ok(view) => Ok(view),
        Err(
            EngineError::NoPeers(_) | EngineError::MetadataTimeout { .. } | EngineError::Failed(_),
        ) => Ok(app.engine.torrent(view.info_hash).await?),
        Err(error) => Err(error.into()),
    }
}

fn answer(view: &TorrentView, cached: bool, message: String) -> AddAnswer {
    let files = view.files.iter().map(|file| AddedFile {
        index: file.index,
        name: crate::routes::shape::name(file).to_owned(),
        path: file.path.clone(),
        length: file.length,
    });
    AddAnswer {
        info_hash: view.info_hash.to_string(),
        name: view.name.clone(),
        cached,
        status: view.status.as_str(),
        files: files.collect(),
        message,
    }
}
