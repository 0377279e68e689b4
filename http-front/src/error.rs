//! Everything that can go wrong, and how a client hears of it.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use engine::EngineError;
use http::header::{CONTENT_RANGE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::probe::ProbeError;

/// What every failed request answers.
#[derive(Serialize, ToSchema, Debug)]
pub struct Envelope {
    /// Always `false`.
    pub success: bool,
    /// What is wrong and what to do.
    pub error: String,
    /// A slug for programs.
    pub code: &'static str,
}

/// Every failure of the front: of a request, or of the start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrontError {
    /// The request can't be understood.
    #[error("{0}")]
    BadRequest(String),
    /// Not a magnet link, or one that this build can't follow.
    #[error("{0}")]
    BadMagnet(String),
    /// Not a .torrent file, or a hostile one.
    #[error("{0}")]
    BadTorrent(String),
    /// The body is not the JSON it should be; names the field.
    #[error("{0}")]
    BadJson(String),
    /// A setting that is none, or a value it can't have.
    #[error("{0}")]
    BadSetting(String),
    /// No or wrong credentials.
    #[error("sign in: this server wants a user and password, a bearer token or a signed link")]
    Unauthorized,
    /// `Host` is not a name of this server (DNS rebinding).
    #[error("the host {0:?} is not one of this server's; start it with --allowed-host to add it")]
    ForbiddenHost(String),
    /// Another site asks.
    #[error("the origin {0:?} may not use this API; start with --allowed-origin to let it")]
    ForbiddenOrigin(String),
    /// A URL leads to an address that may not be contacted at a stranger's word.
    #[error("{0} has no address this server may contact; --allow-local lets it reach local ones")]
    ForbiddenAddress(String),
    /// A URL in the request can't be followed to its end.
    #[error("{0}")]
    Unreachable(String),
    /// No such route.
    #[error("no such page; /openapi.json lists the routes")]
    NotFound,
    /// The route exists, the method doesn't.
    #[error("this route does not answer {0}; /openapi.json lists the methods")]
    MethodNotAllowed(http::Method),
    /// The body did not come in time.
    #[error("the request took too long to arrive")]
    Timeout,
    /// `If-Match` names another state of the file.
    #[error("the file is not in the state that If-Match asks for")]
    PreconditionFailed,
    /// The body is longer than this route takes.
    #[error("the body is larger than the {limit} bytes this route takes")]
    TooLarge {
        /// In bytes.
        limit: usize,
    },
    /// No handler for this media type.
    #[error("can't read {0:?}; send JSON, application/x-bittorrent, multipart/form-data or text")]
    UnsupportedType(String),
    /// No byte of the file is in the range.
    #[error("the range lies outside the file, which has {length} bytes")]
    RangeNotSatisfiable {
        /// The file's length.
        length: u64,
    },
    /// Too many requests, or too many wrong passwords.
    #[error("too many requests; try again in {} s", wait.as_secs().max(1))]
    RateLimited {
        /// Until one is welcome again.
        wait: Duration,
    },
    /// Header section over 16 KiB.
    #[error("the header section is larger than 16 KiB")]
    HeadersTooLarge,
    /// The server is on its way out.
    #[error("the server is shutting down")]
    ShuttingDown,
    /// The file can't be played: it is corrupt, truncated or no media file.
    #[error("{0}")]
    NotPlayable(String),
    /// The request needs ffmpeg.
    #[error("ffmpeg is not installed here, and this file can't be played without it")]
    FfmpegMissing,
    /// As much is being converted as may be.
    #[error("too many films are being converted; try again in {} s", wait.as_secs().max(1))]
    TooManyTranscodes {
        /// Until there may be a place.
        wait: Duration,
    },
    /// What is asked for is being made.
    #[error("this part is not ready yet; try again")]
    NotReady,
    /// No such transcode session.
    #[error("no such session; it may have ended")]
    NoSuchSession,
    /// The engine says no.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A fault of ours; the log knows more.
    #[error("the server failed at this request; its log says more")]
    Internal,
    /// The player of `millrace play` failed.
    #[error("the player failed: {0}")]
    Player(String),
    /// A media file that can't be told.
    #[error("{0}")]
    Probe(String),
    /// A setting that can't be.
    #[error("{0}")]
    Config(String),
    /// The address can't be had.
    #[error("can't listen on {address}: {source}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// A file of ours can't be read or written.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl FrontError {
    /// The status and the slug of the envelope.
    pub fn kind(&self) -> (StatusCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::BadRequest(_) => (S::BAD_REQUEST, "bad_request"),
            Self::BadMagnet(_) => (S::BAD_REQUEST, "bad_magnet"),
            Self::BadTorrent(_) => (S::BAD_REQUEST, "bad_torrent"),
            Self::BadJson(_) => (S::BAD_REQUEST, "bad_json"),
            Self::BadSetting(_) => (S::BAD_REQUEST, "bad_setting"),
            Self::Unauthorized => (S::UNAUTHORIZED, "unauthorized"),
            Self::ForbiddenHost(_) => (S::FORBIDDEN, "forbidden_host"),
            Self::ForbiddenOrigin(_) => (S::FORBIDDEN, "forbidden_origin"),
            Self::ForbiddenAddress(_) => (S::FORBIDDEN, "forbidden_address"),
            Self::Unreachable(_) => (S::BAD_GATEWAY, "url_failed"),
            Self::NotFound => (S::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed(_) => (S::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Timeout => (S::REQUEST_TIMEOUT, "timeout"),
            Self::PreconditionFailed => (S::PRECONDITION_FAILED, "precondition_failed"),
            Self::TooLarge { .. } => (S::PAYLOAD_TOO_LARGE, "too_large"),
            Self::UnsupportedType(_) => (S::UNSUPPORTED_MEDIA_TYPE, "unsupported_type"),
            Self::RangeNotSatisfiable { .. } => (S::RANGE_NOT_SATISFIABLE, "range_not_satisfiable"),
            Self::RateLimited { .. } => (S::TOO_MANY_REQUESTS, "rate_limited"),
            Self::HeadersTooLarge => (S::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large"),
            Self::ShuttingDown => (S::SERVICE_UNAVAILABLE, "shutting_down"),
            Self::NotPlayable(_) => (S::UNPROCESSABLE_ENTITY, "not_playable"),
            Self::FfmpegMissing => (S::SERVICE_UNAVAILABLE, "ffmpeg_missing"),
            Self::TooManyTranscodes { .. } => (S::SERVICE_UNAVAILABLE, "too_many_transcodes"),
            Self::NotReady => (S::SERVICE_UNAVAILABLE, "starting"),
            Self::NoSuchSession => (S::NOT_FOUND, "no_such_session"),
            Self::Engine(error) => engine_kind(error),
            Self::Internal
            | Self::Player(_)
            | Self::Probe(_)
            | Self::Config(_)
            | Self::Bind { .. }
            | Self::Io { .. } => (S::INTERNAL_SERVER_ERROR, "internal_error"),
        }
    }
}

impl From<ProbeError> for FrontError {
    fn from(error: ProbeError) -> Self {
        match error {
            ProbeError::Io(error) => match error.downcast::<EngineError>() {
                Ok(error) => error.into(),
                Err(source) => Self::Io { what: "can't probe the file".into(), source },
            },
            other => Self::NotPlayable(other.to_string()),
        }
    }
}

fn engine_kind(error: &EngineError) -> (StatusCode, &'static str) {
    use StatusCode as S;
    match error {
        EngineError::NoSuchTorrent(_) => (S::NOT_FOUND, "no_such_torrent"),
        EngineError::NoSuchFile { .. } => (S::NOT_FOUND, "no_such_file"),
        EngineError::NoMetadata(_) | EngineError::Failed(_) => (S::CONFLICT, "conflict"),
        EngineError::NoMemory { .. } => (S::SERVICE_UNAVAILABLE, "no_memory"),
        EngineError::NoPeers(_) => (S::GATEWAY_TIMEOUT, "no_peers"),
        EngineError::MetadataTimeout { .. } => (S::GATEWAY_TIMEOUT, "metadata_timeout"),
        EngineError::Ended(_) => (S::SERVICE_UNAVAILABLE, "shutting_down"),
        EngineError::Unavailable => (S::SERVICE_UNAVAILABLE, "starting"),
        _ => (S::INTERNAL_SERVER_ERROR, "internal_error"),
    }
}

impl IntoResponse for FrontError {
    fn into_response(self) -> Response {
        let (status, code) = self.kind();
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = %self, "a request failed");
        }
        let envelope = Envelope { success: false, error: self.to_string(), code };
        let mut response = (status, Json(envelope)).into_response();
        let headers = response.headers_mut();
        match self {
            Self::RangeNotSatisfiable { length } => {
                if let Ok(value) = HeaderValue::from_str(&format!("bytes */{length}")) {
                    headers.insert(CONTENT_RANGE, value);
                }
            }
            Self::NotReady => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Self::RateLimited { wait } | Self::TooManyTranscodes { wait } => {
                headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
            }
            Self::Unauthorized => {
                let challenge = "Basic realm=\"millrace\", charset=\"UTF-8\"";
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            _ => {}
        }
        response
    }
}
