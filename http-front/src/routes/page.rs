//! The page, compiled in: nothing of it comes from another origin.

use std::borrow::Cow;

use axum::extract::Extension;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, SET_COOKIE,
    X_FRAME_OPTIONS,
};

use crate::FrontError;
use crate::doors::Origin;
use crate::error::Envelope;
use crate::playback::session;
use crate::routes::extract::Params;

/// Only what we sent ourselves runs, looks and loads; hls.js plays from memory (`blob:`).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";

const INDEX: &str = include_str!("../page/index.html");
const ASSETS: &[(&str, &str, &str)] = &[
    ("app.js", JAVASCRIPT, include_str!("../page/app.js")),
    ("api.js", JAVASCRIPT, include_str!("../page/api.js")),
    ("capabilities.js", JAVASCRIPT, include_str!("../page/capabilities.js")),
    ("list.js", JAVASCRIPT, include_str!("../page/list.js")),
    ("player.js", JAVASCRIPT, include_str!("../page/player.js")),
    ("position.js", JAVASCRIPT, include_str!("../page/position.js")),
    ("seekbar.js", JAVASCRIPT, include_str!("../page/seekbar.js")),
    ("source.js", JAVASCRIPT, include_str!("../page/source.js")),
    ("tracks.js", JAVASCRIPT, include_str!("../page/tracks.js")),
    ("hls.min.mjs", JAVASCRIPT, include_str!("../page/vendor/hls.min.mjs")),
    ("style.css", CSS, include_str!("../page/style.css")),
    ("icon.svg", SVG, include_str!("../page/icon.svg")),
];

/// The page: add, watch, remove
#[utoipa::path(get, path = "/", tag = "page",
    responses((status = 200, content_type = "text/html", body = String)))]
pub async fn index(asked: HeaderMap) -> Response {
    page(&asked, INDEX.into())
}

/// The page's player
///
/// Adds the magnet's torrent and plays it; asked by another site it asks the user before.
#[utoipa::path(get, path = "/watch", tag = "page", params(("magnet" = String, Query)),
    responses((status = 200, content_type = "text/html", body = String)))]
pub async fn watch(asked: HeaderMap, Extension(asks): Extension<Origin>) -> Response {
    let html = match asks {
        Origin::Foreign => INDEX.replacen("<body>", "<body data-foreign>", 1).into(),
        Origin::Own | Origin::Allowed => INDEX.into(),
    };
    page(&asked, html)
}

fn page(asked: &HeaderMap, html: Cow<'static, str>) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
        (CACHE_CONTROL, "no-cache"),
    ];
    let mut response = (headers, html).into_response();
    if session::of_cookie(asked).is_none()
        && let Some(cookie) = session::new_cookie()
    {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// A part of the page
#[utoipa::path(get, path = "/assets/{name}", tag = "page", params(("name" = String, Path)),
    responses((status = 200, description = "A script, style or image"),
        (status = 404, body = Envelope)))]
pub async fn asset(Params(name): Params<String>) -> Result<Response, FrontError> {
    let found = ASSETS.iter().find(|(known, ..)| *known == name);
    let (_, mime, text) = found.ok_or(FrontError::NotFound)?;
    Ok(([(CONTENT_TYPE, *mime), (CACHE_CONTROL, "no-cache")], *text).into_response())
}
