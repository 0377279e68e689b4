//! CORS (Fetch Standard): everybody may read media, never with credentials; the API answers one
//! allowed origin by name.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue};

use crate::doors::{Origin, RouteClass};

const MEDIA_REQUEST: &str = "Range, If-Range, If-None-Match, If-Modified-Since";
const MEDIA_RESPONSE: &str =
    "Accept-Ranges, Content-Range, Content-Length, Content-Disposition, ETag, X-Last-Position";

/// What may be asked, for the answer to `OPTIONS`.
pub fn preflight(class: RouteClass, headers: &mut HeaderMap) {
    let (methods, fields) = match class {
        RouteClass::Media => ("GET, HEAD, OPTIONS", MEDIA_REQUEST),
        _ => ("GET, HEAD, POST, PUT, DELETE, OPTIONS", "Authorization, Content-Type"),
    };
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(fields));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
}

/// Who may read the answer; for every response.
pub fn allow(class: RouteClass, origin: Origin, request: &HeaderMap, response: &mut HeaderMap) {
    match (class, origin, request.get(ORIGIN)) {
        (RouteClass::Media, ..) => {
            response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            let exposed = HeaderValue::from_static(MEDIA_RESPONSE);
            response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
        (_, Origin::Allowed, Some(origin)) => {
            response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            response.append(VARY, HeaderValue::from_static("Origin"));
        }
        _ => {}
    }
}
