//! Why a query, or the node itself, fails.

/// Every way the DHT says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DhtError {
    /// The node cannot be set up: no such address to bind, mostly.
    #[error("cannot start the DHT node: {0}")]
    Start(String),
    /// Another process has the UDP port; the node took any other.
    #[error("UDP port {0} is taken: the DHT node uses another")]
    PortTaken(u16),
    /// The node's thread is gone.
    #[error("the DHT node died")]
    Died,
    /// The node found no other node, and is built anew.
    #[error("the DHT node is alone")]
    Alone,
    /// No end within the query's time.
    #[error("timed out")]
    Timeout,
    /// No node took the announce.
    #[error("announce failed: {0}")]
    Announce(String),
}
