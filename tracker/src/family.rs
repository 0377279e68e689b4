//! The two address families, which a tracker keeps apart (BEP 7, BEP 15).

use std::net::{IpAddr, SocketAddr};

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4, and IPv4-mapped IPv6.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family an address is reached over.
    pub fn of(ip: IpAddr) -> Self {
        if ip.to_canonical().is_ipv4() { Self::V4 } else { Self::V6 }
    }

    /// Those of `addresses` that are of this family, in their order.
    pub(crate) fn only(self, addresses: &[SocketAddr]) -> Vec<SocketAddr> {
        addresses.iter().copied().filter(|address| Self::of(address.ip()) == self).collect()
    }
}
