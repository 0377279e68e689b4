//! The routes of `API.md`, and the document that describes them.
//!
//! | module | routes |
//! | --- | --- |
//! | [`add`] | `POST /api/torrents` |
//! | [`torrents`] | `GET`, `DELETE /api/torrents…`, files, pieces, .torrent, playlist |
//! | [`control`] | `PUT /api/torrents/…` |
//! | [`magnet`] | `/torrent`, and what a magnet link names |
//! | [`stream`] | `/stream`, `/stream/proxy`, `/stream/file`, `/api/stream` |
//! | [`hls`] | `/api/stream/{id}/{fileIndex}/…`: playlists and segments |
//! | [`transcode`] | `/api/transcode-sessions`, `/transcode` |
//! | [`sources`] | `/api/sources` |
//! | [`settings`] | `/api/settings` |
//! | [`cache`] | `/api/cache-stats`, `/api/cache-config` |
//! | [`plan`] | `POST /api/playback-plan`, the tracks of a file |
//! | [`streams`] | `/stream/info`, `/streams` |
//! | [`links`] | `POST /api/links` |
//! | [`subtitles`] | `/api/stream/…/subtitles` |
//! | [`playback`] | `/api/playback/…`, `/api/history`, `/api/popular` |
//! | [`system`] | `/health`, `/status` |
//! | [`debug`] | `/api/debug/torrents/…`: a torrent from inside |
//! | [`metrics`] | `/metrics` |
//! | [`page`] | `/`, `/watch` and what they are made of |
//! | [`extract`] | parameters and bodies, refused in the envelope |
//! | [`shape`] | the JSON of torrents and files |

pub mod add;
pub mod cache;
pub mod control;
pub mod debug;
pub mod extract;
pub mod hls;
pub mod links;
pub mod magnet;
pub mod metrics;
pub mod page;
pub mod plan;
pub mod playback;
pub mod settings;
pub mod shape;
pub mod sources;
pub mod stream;
pub mod streams;
pub mod subtitles;
pub mod system;
pub mod torrents;
pub mod transcode;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, middleware};
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::FrontError;
use crate::app::App;
use crate::doors::guard;

/// Shared by every handler.
pub type Shared = axum::extract::State<Arc<App>>;

#[derive(OpenApi)]
#[openapi(info(
    title = "Millrace",
    description = "A streaming-first BitTorrent server: torrents in, HTTP streams out.",
    license(name = "MIT OR Apache-2.0")
))]
struct Api;

fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(add::add, torrents::list))
        .routes(routes!(torrents::one, torrents::remove))
        .routes(routes!(torrents::files, control::select))
        .routes(routes!(torrents::pieces))
        .routes(routes!(torrents::torrent_file))
        .routes(routes!(torrents::playlist))
        .routes(routes!(control::pause))
        .routes(routes!(control::resume))
        .routes(routes!(control::recheck))
        .routes(routes!(control::reannounce))
        .routes(routes!(control::priority))
        .routes(routes!(control::limits))
        .routes(routes!(links::sign))
        .routes(routes!(magnet::info))
        .routes(routes!(magnet::remove))
        .routes(routes!(stream::proxy))
        .routes(routes!(stream::redirect))
        .routes(routes!(stream::named))
        .routes(routes!(stream::named_by_query, stream::stop))
        .routes(routes!(stream::api_stream))
        .routes(routes!(sources::register))
        .routes(routes!(sources::stats))
        .routes(routes!(plan::plan))
        .routes(routes!(plan::audio_tracks))
        .routes(routes!(stream::modes::file))
        .routes(routes!(hls::master))
        .routes(routes!(hls::video))
        .routes(routes!(hls::audio))
        .routes(routes!(hls::subtitles))
        .routes(routes!(hls::segment))
        .routes(routes!(transcode::create))
        .routes(routes!(transcode::progress))
        .routes(routes!(transcode::release))
        .routes(routes!(transcode::part))
        .routes(routes!(settings::get, settings::put))
        .routes(routes!(cache::stats))
        .routes(routes!(cache::config, cache::clean))
        .routes(routes!(streams::info))
        .routes(routes!(streams::live))
        .routes(routes!(subtitles::list))
        .routes(routes!(subtitles::track))
        .routes(routes!(playback::progress, playback::save))
        .routes(routes!(playback::history, playback::forget))
        .routes(routes!(playback::api_history, playback::api_forget))
        .routes(routes!(playback::popular))
        .routes(routes!(system::health))
        .routes(routes!(system::healthz))
        .routes(routes!(system::status))
        .routes(routes!(system::api_status))
        .routes(routes!(debug::torrent))
        .routes(routes!(metrics::metrics))
        .routes(routes!(page::index))
        .routes(routes!(page::watch))
        .routes(routes!(page::asset))
        .routes(routes!(openapi))
}

/// What `/openapi.json` says.
pub fn document() -> Document {
    described().into_openapi()
}

/// Every route behind the doors.
pub fn router(app: Arc<App>) -> Router {
    let doors = Arc::clone(&app.doors);
    let (router, _) = described().split_for_parts();
    router
        .fallback(async || FrontError::NotFound)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(doors, guard))
        .with_state(app)
}

async fn method_not_allowed(method: http::Method) -> Response {
    FrontError::MethodNotAllowed(method).into_response()
}

/// This document
#[utoipa::path(get, path = "/openapi.json", tag = "system", responses(
    (status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
async fn openapi() -> Json<Document> {
    Json(document())
}
