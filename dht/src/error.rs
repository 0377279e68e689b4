//! Why a query, or the node itself, fails.

/// Every way the DHT says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DhtError {
    /// The node cannot be set up: its UDP port is taken, mostly.
    #[error("cannot start the DHT node: {0}")]
    Start(String),
    /// The node's thread is gone.
    #[error("the DHT node died")]
    Died,
    /// No end within the query's time.
    #[error("timed out")]
    Timeout,
    /// No node took the announce.
    #[error("announce failed: {0}")]
    Announce(String),
}
