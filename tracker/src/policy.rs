//! Stand-in for `wire::AddressPolicy`.

use std::net::{IpAddr, SocketAddr};

/// Which addresses may be contacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressPolicy {
    /// Loopback and private addresses too.
    pub allow_local: bool,
}

impl AddressPolicy {
    /// Whether a server at `ip` may be contacted.
    pub fn permits(&self, ip: IpAddr) -> bool {
        let local = match ip {
            IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_loopback(),
        };
        !ip.is_multicast() && !ip.is_unspecified() && (self.allow_local || !local)
    }

    /// Whether a peer may be dialled.
    pub fn permits_peer(&self, peer: SocketAddr) -> bool {
        peer.port() != 0 && self.permits(peer.ip())
    }
}
