//! Compact peer lists: six bytes a peer (BEP 23), eighteen for IPv6 (BEP 7).
//!
//! Nothing is filtered here, port 0 included: see [`crate::address_policy`].

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::WireError;

/// Address and port of an IPv4 peer.
const V4_LEN: usize = 6;
/// Address and port of an IPv6 peer.
const V6_LEN: usize = 18;

/// The peers of a `peers` string.
///
/// # Errors
/// [`WireError::CompactLength`] when it is no multiple of 6 bytes.
pub fn parse_v4(bytes: &[u8]) -> Result<impl ExactSizeIterator<Item = SocketAddr> + '_, WireError> {
    let (peers, rest) = bytes.as_chunks::<V4_LEN>();
    match rest {
        [] => Ok(peers.iter().map(|&[a, b, c, d, p, q]| {
            SocketAddr::from((Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([p, q])))
        })),
        _ => Err(WireError::CompactLength(bytes.len())),
    }
}

/// The peers of a `peers6` string.
///
/// # Errors
/// [`WireError::CompactLength`] when it is no multiple of 18 bytes.
pub fn parse_v6(bytes: &[u8]) -> Result<impl ExactSizeIterator<Item = SocketAddr> + '_, WireError> {
    let (peers, rest) = bytes.as_chunks::<V6_LEN>();
    match rest {
        [] => Ok(peers.iter().map(|peer| {
            let ip: [u8; 16] = std::array::from_fn(|i| peer[i]);
            SocketAddr::from((Ipv6Addr::from(ip), u16::from_be_bytes([peer[16], peer[17]])))
        })),
        _ => Err(WireError::CompactLength(bytes.len())),
    }
}

/// `peers` and `peers6` strings while they are put together.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CompactPeers {
    /// For the `peers` key.
    pub v4: Vec<u8>,
    /// For the `peers6` key.
    pub v6: Vec<u8>,
}

impl CompactPeers {
    /// Appends one peer where it belongs; an IPv4-mapped address is an IPv4 peer.
    pub fn push(&mut self, peer: SocketAddr) {
        let port = peer.port().to_be_bytes();
        match peer.ip().to_canonical() {
            std::net::IpAddr::V4(ip) => self.v4.extend(ip.octets().iter().chain(&port)),
            std::net::IpAddr::V6(ip) => self.v6.extend(ip.octets().iter().chain(&port)),
        }
    }
}

impl Extend<SocketAddr> for CompactPeers {
    fn extend<I: IntoIterator<Item = SocketAddr>>(&mut self, peers: I) {
        peers.into_iter().for_each(|peer| self.push(peer));
    }
}

impl FromIterator<SocketAddr> for CompactPeers {
    fn from_iter<I: IntoIterator<Item = SocketAddr>>(peers: I) -> Self {
        let mut compact = Self::default();
        compact.extend(peers);
        compact
    }
}
