//! The doors in order: panics, headers, host, origin, rate, credentials.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::header::{AUTHORIZATION, CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::FrontError;
use crate::doors::{Auth, LinkKey, Names, Origin, RateLimit, RouteClass};
use crate::doors::{classify, cors, route_class};

/// The header section's limit; hyper holds to it while it reads, and this counts what came in one
/// go.
const MAX_HEADER_BYTES: usize = 16 * 1024;

/// The peer of the connection; the server puts it into every request.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub SocketAddr);

/// What a request has shown to come in; handlers that say less to strangers look at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Known(pub bool);

/// Everything the doors need to decide.
pub struct Doors {
    /// Our names and the origins we answer.
    pub names: Names,
    /// `None`: nobody has to sign in.
    pub auth: Option<Arc<Auth>>,
    /// Signs links, with or without a password, so that they hold when one is set.
    pub links: LinkKey,
    /// Buckets of all addresses. A lock of the front alone, held for a map look-up.
    pub rate: Mutex<RateLimit>,
}

/// Lets a request through to its handler, or answers it; turns a handler's panic into a 500.
pub async fn guard(State(doors): State<Arc<Doors>>, mut request: Request, next: Next) -> Response {
    let class = classify(request.method(), request.uri().path());
    let asked = request.headers().clone();
    let mut origin = Origin::Foreign;
    let checked = doors.check(&mut request, class, &mut origin).await;
    let mut response = match checked {
        Err(error) => error.into_response(),
        Ok(()) if is_preflight(&request, class, origin) => {
            let mut response = StatusCode::NO_CONTENT.into_response();
            cors::preflight(class, response.headers_mut());
            response
        }
        Ok(()) => match AssertUnwindSafe(next.run(request)).catch_unwind().await {
            Ok(response) => response,
            Err(_) => FrontError::Internal.into_response(),
        },
    };
    let headers = response.headers_mut();
    cors::allow(class, origin, &asked, headers);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn is_preflight(request: &Request, class: RouteClass, origin: Origin) -> bool {
    request.method() == Method::OPTIONS && (class == RouteClass::Media || origin == Origin::Allowed)
}

impl Doors {
    async fn check(
        &self,
        request: &mut Request,
        class: RouteClass,
        origin: &mut Origin,
    ) -> Result<(), FrontError> {
        let (uri, headers) = (request.uri(), request.headers());
        if header_bytes(uri, headers) > MAX_HEADER_BYTES {
            return Err(FrontError::HeadersTooLarge);
        }
        let authority = self.names.check_host(uri, headers, request.version())?;
        *origin = self.names.origin(headers, authority.as_deref());
        self.names.check_origin(*origin, class, headers)?;
        if is_preflight(request, class, *origin) {
            return Ok(());
        }
        let address = request.extensions().get::<ClientAddress>();
        let address = address.map(|ClientAddress(address)| address.ip());
        let address = address.ok_or(FrontError::Internal)?;
        let now = Instant::now();
        if route_class::limited(uri.path()) {
            let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
            rate.take(address, now).map_err(|wait| FrontError::RateLimited { wait })?;
        }
        let known = match &self.auth {
            None => Ok(()),
            Some(_) if self.signed(request, class) => Ok(()),
            Some(auth) => {
                let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
                auth.check(header, address, now).await
            }
        };
        request.extensions_mut().insert(Known(known.is_ok()));
        request.extensions_mut().insert(*origin);
        match known {
            // Health answers strangers, with its status alone.
            Err(FrontError::Unauthorized) if class == RouteClass::Health => Ok(()),
            other => other,
        }
    }

    fn signed(&self, request: &Request, class: RouteClass) -> bool {
        let (uri, now) = (request.uri(), SystemTime::now().duration_since(UNIX_EPOCH));
        let (Some(query), Ok(now)) = (uri.query(), now) else {
            return false;
        };
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let file = route_class::media_file(uri.path(), Some(query));
        class == RouteClass::Media
            && reads
            && file
                .is_some_and(|(hash, index)| self.links.verify(hash, index, query, now.as_secs()))
    }
}

fn header_bytes(uri: &http::Uri, headers: &HeaderMap) -> usize {
    let target = uri.path().len() + uri.query().map_or(0, str::len);
    // Each line has a colon, a space and a line break beside its name and value.
    headers.iter().fold(target, |sum, (name, value)| sum + name.as_str().len() + value.len() + 4)
}
