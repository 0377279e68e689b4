//! Parameters and bodies of requests; what is wrong with them is said in the envelope.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use bytes::Bytes;
use futures_util::StreamExt;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use wire::InfoHash;

use crate::FrontError;

/// The longest JSON or text body.
pub const JSON_LIMIT: usize = 64 * 1024;
/// The longest .torrent.
pub const TORRENT_LIMIT: usize = 10 * 1024 * 1024;
/// A body that is not whole by then is refused.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// A refused body is read and forgotten up to here, so that a client which still writes gets to
/// read why it was refused.
const DRAIN_BYTES: usize = 16 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// Path parameters, like axum's [`Path`].
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = FrontError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, FrontError> {
        let found = Path::<T>::from_request_parts(parts, state).await;
        let found = found.map_err(|rejection| FrontError::BadRequest(rejection.body_text()))?;
        Ok(Self(found.0))
    }
}

/// Query parameters, like axum's [`Query`]; unknown ones are ignored.
pub struct Search<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Search<T> {
    type Rejection = FrontError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, FrontError> {
        let found = Query::<T>::from_request_parts(parts, state).await;
        let found = found.map_err(|rejection| FrontError::BadRequest(rejection.body_text()))?;
        Ok(Self(found.0))
    }
}

/// A JSON body of at most [`JSON_LIMIT`] bytes, whatever its `Content-Type` is called.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = FrontError;

    async fn from_request(request: Request, _: &S) -> Result<Self, FrontError> {
        json(&read(request, JSON_LIMIT).await?).map(Self)
    }
}

/// JSON, or the name of the field that is wrong.
///
/// # Errors
/// [`FrontError::BadJson`].
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, FrontError> {
    let parsed = Json::<T>::from_bytes(body);
    parsed.map(|Json(value)| value).map_err(|rejection| FrontError::BadJson(rejection.body_text()))
}

/// An info hash in a path: 40 hex digits or 32 base32 characters.
///
/// # Errors
/// [`FrontError::BadRequest`].
pub fn info_hash(text: &str) -> Result<InfoHash, FrontError> {
    InfoHash::parse(text).ok_or_else(|| {
        FrontError::BadRequest("an info hash is 40 hex digits or 32 base32 characters".into())
    })
}

/// The type and subtype of a body, lower case, without parameters; empty when there is none.
pub fn media_type(request: &Request) -> String {
    let value = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let bare = value.unwrap_or_default().split(';').next().unwrap_or_default();
    bare.trim().to_ascii_lowercase()
}

/// The whole body.
///
/// # Errors
/// [`FrontError::TooLarge`] as soon as it is known to exceed `limit`, without reading on;
/// [`FrontError::Timeout`] when it doesn't come; [`FrontError::BadRequest`] when it breaks off.
pub async fn read(request: Request, limit: usize) -> Result<Bytes, FrontError> {
    let (parts, body) = request.into_parts();
    let said = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let said = said.and_then(|value| value.parse::<u64>().ok());
    if said.is_some_and(|length| length > limit as u64) {
        // A client that waits for "100 Continue" sends nothing more.
        if !parts.headers.contains_key(EXPECT) {
            drain(body);
        }
        return Err(FrontError::TooLarge { limit });
    }
    let mut stream = body.into_data_stream();
    let mut whole = Vec::with_capacity(said.unwrap_or(0).min(limit as u64) as usize);
    let collect = async {
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| {
                FrontError::BadRequest(format!("the body could not be read: {error}"))
            })?;
            if whole.len() + chunk.len() > limit {
                return Err(FrontError::TooLarge { limit });
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(())
    };
    match tokio::time::timeout(BODY_TIMEOUT, collect).await {
        Ok(Ok(())) => Ok(whole.into()),
        Ok(Err(error)) => {
            drain(Body::from_stream(stream));
            Err(error)
        }
        Err(_) => Err(FrontError::Timeout),
    }
}

fn drain(body: Body) {
    tokio::spawn(async move {
        let mut stream = body.into_data_stream();
        let mut left = DRAIN_BYTES;
        let forget = async {
            while let Some(Ok(chunk)) = stream.next().await {
                match left.checked_sub(chunk.len()) {
                    Some(rest) => left = rest,
                    None => break,
                }
            }
        };
        // Either way the body is dropped, and the connection with it if there is more.
        let _ = tokio::time::timeout(DRAIN_TIME, forget).await;
    });
}

/// `true`, `false`, `1` or `0` in a query.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        other => {
            let expected = "expected true or false";
            Err(serde::de::Error::custom(format!("{other:?}: {expected}")))
        }
    }
}
