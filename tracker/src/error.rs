//! Why an announce, or the local tracker, fails.

/// Every way a tracker says no, or cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrackerError {
    /// The announce URL, or a redirect's target, is not one.
    #[error("not a tracker URL: {0}")]
    InvalidUrl(String),
    /// No client for the URL's scheme.
    #[error("{0} trackers are not supported")]
    UnsupportedScheme(String),
    /// Every address of the host is one the address policy refuses.
    #[error("{0} has no address that may be contacted")]
    Forbidden(String),
    /// The host name has no address.
    #[error("cannot resolve {host}: {reason}")]
    Resolve {
        /// The name asked for.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// No connection to any permitted address.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The connection broke, or what came over it is not HTTP.
    #[error("HTTP: {0}")]
    Http(String),
    /// An HTTP status that is no success, without a bencoded reason.
    #[error("HTTP status {0}")]
    Status(u16),
    /// No TLS with this host: its certificate, its protocol or the connection is at fault.
    #[error("TLS: {0}")]
    Tls(String),
    /// A redirect from `https` to `http`.
    #[error("a redirect away from https")]
    Downgrade,
    /// More redirects than [`crate::http::Limits::max_redirects`].
    #[error("too many redirects")]
    TooManyRedirects,
    /// The body is larger than [`crate::http::Limits::max_body`], before or after inflation.
    #[error("the answer is too large")]
    TooLarge,
    /// No whole answer within the time limit.
    #[error("timed out")]
    Timeout,
    /// The body is not an announce's or scrape's answer.
    #[error("malformed answer: {0}")]
    Malformed(String),
    /// The tracker's `failure reason` (BEP 3), or the text of its error packet (BEP 15).
    #[error("refused: {0}")]
    Refused(String),
    /// The announce URL has no scrape URL (BEP 48).
    #[error("the tracker cannot be scraped")]
    NoScrape,
    /// The announce ended without an outcome: it was aborted, or panicked.
    #[error("the announce was given up")]
    GivenUp,
    /// The local tracker cannot listen.
    #[error("cannot listen: {0}")]
    Bind(String),
    /// The local tracker's faults are not written as `drop=0.1,delay=2s,error=text`.
    #[error("not a fault: {0}")]
    InvalidFault(String),
}

impl TrackerError {
    /// Whether asking again cannot help: the URL itself is at fault.
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::InvalidUrl(_) | Self::UnsupportedScheme(_))
    }
}
