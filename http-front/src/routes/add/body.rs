//! What a request to add carries, by its media type.

use std::net::SocketAddr;

use axum::extract::{FromRequest, Multipart, Request};
use bytes::Bytes;
use engine::AddTorrent;
use serde::Deserialize;
use utoipa::ToSchema;
use wire::{InfoHash, Magnet, Metainfo};

use crate::FrontError;
use crate::app::App;
use crate::fetch;
use crate::routes::extract::{JSON_LIMIT, TORRENT_LIMIT, json, media_type, read};
use crate::routes::magnet;

/// A multipart body is the .torrent and some lines around it.
const MULTIPART_LIMIT: usize = TORRENT_LIMIT + JSON_LIMIT;

/// A torrent by reference, and what goes for any.
#[derive(Deserialize, ToSchema, Default)]
#[serde(rename_all = "camelCase")]
pub struct AddRequest {
    magnet_uri: Option<String>,
    /// 40 hex digits or 32 base32 characters; beside a magnet link it has to be the same.
    info_hash: Option<String>,
    /// Where a .torrent lies: http or https.
    url: Option<String>,
    /// Shown instead of the torrent's own.
    name: Option<String>,
    paused: Option<bool>,
    /// File indices the background downloads; absent: all, empty: none.
    selected_files: Option<Vec<usize>>,
    trackers: Option<Vec<String>>,
    /// `1.2.3.4:6881`, `[::1]:6881`
    #[schema(value_type = Option<Vec<String>>)]
    peers: Option<Vec<SocketAddr>>,
}

/// What the request wants added.
///
/// # Errors
/// What is wrong with its body, and why a URL could not be followed.
pub(super) async fn wanted(app: &App, request: Request) -> Result<AddTorrent, FrontError> {
    match media_type(&request).as_str() {
        "application/x-bittorrent" => {
            Ok(AddTorrent::new(parse(read(request, TORRENT_LIMIT).await?).await?))
        }
        "multipart/form-data" => Ok(AddTorrent::new(parse(file_field(request).await?).await?)),
        "application/json" => by_reference(app, json(&read(request, JSON_LIMIT).await?)?).await,
        "text/plain" => {
            let text = read(request, JSON_LIMIT).await?;
            let text = std::str::from_utf8(&text);
            let text = text.map_err(|_| FrontError::BadMagnet("not UTF-8".into()))?;
            Ok(AddTorrent::magnet(magnet::parse(text)?))
        }
        other => Err(FrontError::UnsupportedType(other.to_owned())),
    }
}

/// Parses a .torrent off the runtime's threads: a large one has a million hashes.
///
/// # Errors
/// [`FrontError::BadTorrent`].
pub async fn parse(bytes: Bytes) -> Result<Metainfo, FrontError> {
    let parsed = tokio::task::spawn_blocking(move || Metainfo::parse(&bytes)).await;
    let parsed = parsed.map_err(|_| FrontError::Internal)?;
    parsed.map_err(|error| FrontError::BadTorrent(error.to_string()))
}

/// The field `torrent` of a form.
async fn file_field(request: Request) -> Result<Bytes, FrontError> {
    let bad = |error: axum::extract::multipart::MultipartError| {
        FrontError::BadRequest(format!("not a form: {}", error.body_text()))
    };
    let mut whole = Request::new(axum::body::Body::empty());
    *whole.headers_mut() = request.headers().clone();
    *whole.body_mut() = read(request, MULTIPART_LIMIT).await?.into();
    let form = Multipart::from_request(whole, &()).await;
    let mut form = form.map_err(|rejection| FrontError::BadRequest(rejection.body_text()))?;
    while let Some(field) = form.next_field().await.map_err(bad)? {
        if field.name() == Some("torrent") {
            let bytes = field.bytes().await.map_err(bad)?;
            return match bytes.len() {
                0..=TORRENT_LIMIT => Ok(bytes),
                _ => Err(FrontError::TooLarge { limit: TORRENT_LIMIT }),
            };
        }
    }
    Err(FrontError::BadRequest("the form has no field \"torrent\" with the file".into()))
}

/// A torrent named by magnet, hash or URL.
async fn by_reference(app: &App, wanted: AddRequest) -> Result<AddTorrent, FrontError> {
    let add = match (wanted.magnet_uri, wanted.info_hash, wanted.url) {
        (Some(uri), hash, None) => AddTorrent::magnet(agreeing(&uri, hash.as_deref())?),
        (None, Some(hash), None) => AddTorrent::magnet(Magnet::of(hash_of(&hash)?)),
        (None, None, Some(url)) => {
            AddTorrent::new(parse(fetch::torrent(&url, &app.policy).await?).await?)
        }
        _ => {
            let what = "give one of magnetUri, infoHash and url";
            return Err(FrontError::BadRequest(what.into()));
        }
    };
    Ok(AddTorrent {
        name: wanted.name,
        paused: wanted.paused.unwrap_or(false),
        selected: wanted.selected_files,
        trackers: wanted.trackers.unwrap_or_default(),
        peers: wanted.peers.unwrap_or_default(),
        ..add
    })
}

/// The magnet, when a hash beside it names the same torrent.
fn agreeing(uri: &str, hash: Option<&str>) -> Result<Magnet, FrontError> {
    let magnet = magnet::parse(uri)?;
    if hash.map(hash_of).transpose()?.is_some_and(|hash| hash != magnet.info_hash) {
        let what = "magnetUri and infoHash name two torrents";
        return Err(FrontError::BadMagnet(what.into()));
    }
    Ok(magnet)
}

fn hash_of(text: &str) -> Result<InfoHash, FrontError> {
    InfoHash::parse(text).ok_or_else(|| {
        FrontError::BadMagnet("infoHash: 40 hex digits or 32 base32 characters".into())
    })
}
