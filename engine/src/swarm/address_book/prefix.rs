//! Networks: addresses that probably belong to one owner count together (`HOSTILE.md` 32).

use std::net::{IpAddr, Ipv6Addr};

/// The network of an address: its /24 (IPv4), or its /48 (IPv6), the least that a provider hands
/// out to one customer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Prefix(u64);

impl Prefix {
    /// The network `ip` is in. An IPv4 address mapped into IPv6 is the IPv4 address.
    pub fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self(u64::from(ip.to_bits() >> 8)),
            // No address of the internet begins with 16 zero bits, so the two never meet.
            IpAddr::V6(ip) => Self((ip.to_bits() >> 80) as u64 | 1 << 63),
        }
    }
}

/// Who is meant when an address is banned: one IPv4 address, or the /64 that any IPv6 host chooses
/// its address from.
pub(super) fn owner(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_prefix_and_strangers_do_not() {
        let of = |ip: &str| Prefix::of(ip.parse().unwrap());
        assert_eq!(of("192.0.2.1"), of("192.0.2.255"));
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.9"));
        assert_eq!(of("2001:db8:1::1"), of("2001:db8:1:ffff::1"));
        assert_ne!(of("2001:db8:1::1"), of("2001:db8:2::1"));
    }
}
