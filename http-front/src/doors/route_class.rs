//! What a path is, as far as the doors care.

use http::Method;
use wire::InfoHash;

/// Which rules a route goes by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RouteClass {
    /// Answers without credentials.
    Health,
    /// Bytes for players: CORS for all, signed links, no rate limit.
    Media,
    /// Everything that tells or changes something.
    Api,
    /// The page and what belongs to it.
    Page,
}

/// The class of a request for `path`: what changes something is no media.
pub fn classify(method: &Method, path: &str) -> RouteClass {
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    match of_path(path) {
        RouteClass::Media if !reads => RouteClass::Api,
        class => class,
    }
}

fn of_path(path: &str) -> RouteClass {
    let elements: Vec<&str> = path.split('/').skip(1).collect();
    match elements.as_slice() {
        ["health"] | ["healthz"] => RouteClass::Health,
        ["stream"] | ["stream", "proxy" | "file", ..] => RouteClass::Media,
        ["api", "torrents", _, "playlist.m3u"] | ["api", "stream", ..] | ["transcode", ..] => {
            RouteClass::Media
        }
        ["api", ..] | ["torrent", ..] | ["stream", ..] | ["streams"] | ["status" | "metrics"] => {
            RouteClass::Api
        }
        _ => RouteClass::Page,
    }
}

/// Whether the rate limit counts a request for `path`.
pub fn limited(path: &str) -> bool {
    let below = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    (below("/api") || below("/torrent")) && of_path(path) != RouteClass::Media
}

/// The one file a media URL is about, when it names it in full: what a signed link covers.
pub fn media_file(path: &str, query: Option<&str>) -> Option<(InfoHash, usize)> {
    let elements: Vec<&str> = path.split('/').skip(1).collect();
    match elements.as_slice() {
        ["stream", "proxy", hash] => {
            let mut indices = url::form_urlencoded::parse(query?.as_bytes())
                .filter(|(key, _)| matches!(key.as_ref(), "fileIndex" | "file_index"));
            let (_, index) = indices.next()?;
            // Two indices could mean one file here and another to the handler.
            if indices.next().is_some() {
                return None;
            }
            Some((InfoHash::parse(hash)?, index.parse().ok()?))
        }
        ["stream", "file", hash, index]
        | ["stream", "file", hash, index, _]
        | ["api", "stream", hash, index, ..] => Some((InfoHash::parse(hash)?, index.parse().ok()?)),
        _ => None,
    }
}
