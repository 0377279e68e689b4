//! Who may ask: `Host` against DNS rebinding, `Origin` against other sites (RFC 9110 §7.2, RFC
//! 6454, Fetch Metadata).

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Uri, Version};

use crate::FrontError;
use crate::doors::RouteClass;

/// Names this server goes by and origins it answers, beside its own.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Host names without port, lower case.
    pub hosts: Vec<String>,
    /// Origins as browsers send them: scheme, host and, unless it is the default, port.
    pub origins: Vec<String>,
}

/// From where a request comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// No browser, or a page of ours.
    Own,
    /// A page of an `--allowed-origin`.
    Allowed,
    /// A page of somebody else.
    Foreign,
}

impl Names {
    /// Checks the host that a request is for; gives its authority, host and port as sent.
    ///
    /// # Errors
    /// [`FrontError::ForbiddenHost`] when it is neither a literal address, `localhost` nor one of
    /// [`Self::hosts`]; [`FrontError::BadRequest`] when there is none in HTTP/1.1, or two.
    pub fn check_host(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        version: Version,
    ) -> Result<Option<String>, FrontError> {
        let mut lines = headers.get_all(HOST).iter();
        let host = match (lines.next(), lines.next()) {
            (Some(host), None) => Some(host.to_str().map_err(|_| forbidden(&host))?),
            (None, _) if version < Version::HTTP_11 => None,
            (None, _) => return Err(FrontError::BadRequest("no Host header".into())),
            (Some(_), Some(_)) => {
                return Err(FrontError::BadRequest("two Host headers".into()));
            }
        };
        let target = uri.authority().map(http::uri::Authority::as_str);
        for authority in [host, target].into_iter().flatten() {
            if !self.is_ours(authority) {
                return Err(forbidden(&authority));
            }
        }
        Ok(target.or(host).map(str::to_owned))
    }

    fn is_ours(&self, authority: &str) -> bool {
        let Some(host) = host_of(authority) else {
            return false;
        };
        host.parse::<std::net::Ipv4Addr>().is_ok()
            || bracketed(&host)
            || host == "localhost"
            || self.hosts.contains(&host)
    }

    /// From where the request comes; `authority` is the host it asks.
    pub fn origin(&self, headers: &HeaderMap, authority: Option<&str>) -> Origin {
        let Some(origin) = headers.get(ORIGIN) else {
            // A GET without CORS carries no Origin; browsers say this instead.
            return match headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
                Some(b"cross-site" | b"same-site") => Origin::Foreign,
                _ => Origin::Own,
            };
        };
        let Ok(origin) = origin.to_str() else {
            return Origin::Foreign;
        };
        let site = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        match (site, authority) {
            (Some(site), Some(authority)) if site.eq_ignore_ascii_case(authority) => Origin::Own,
            _ if self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)) => {
                Origin::Allowed
            }
            _ => Origin::Foreign,
        }
    }

    /// Whether a request from `origin` may reach a route of `class`: media answers every page, the
    /// page itself may be linked to, everything else answers our own and allowed origins.
    ///
    /// # Errors
    /// [`FrontError::ForbiddenOrigin`].
    pub fn check_origin(
        &self,
        origin: Origin,
        class: RouteClass,
        headers: &HeaderMap,
    ) -> Result<(), FrontError> {
        let said = headers.get(ORIGIN);
        let open = match class {
            RouteClass::Media => true,
            RouteClass::Page | RouteClass::Health => said.is_none(),
            RouteClass::Api => false,
        };
        if open || origin != Origin::Foreign {
            return Ok(());
        }
        let said = said.map_or("another site", |value| value.to_str().unwrap_or("?"));
        Err(FrontError::ForbiddenOrigin(said.chars().take(200).collect()))
    }
}

/// The host of `host[:port]`, lower case, an IPv6 address in its brackets; `None` when anything
/// else stands in it.
fn host_of(authority: &str) -> Option<String> {
    let end = match authority.starts_with('[') {
        true => authority.find(']')? + 1,
        false => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at_checked(end)?;
    let port = rest.strip_prefix(':').unwrap_or(rest);
    let plain = port.bytes().all(|byte| byte.is_ascii_digit()) && (port.is_empty() || rest != port);
    plain.then(|| host.to_ascii_lowercase())
}

fn bracketed(host: &str) -> bool {
    let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    inside.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
}

fn forbidden(host: &impl AsRef<[u8]>) -> FrontError {
    let text = String::from_utf8_lossy(host.as_ref());
    FrontError::ForbiddenHost(text.chars().take(200).collect())
}
