//! Which addresses may be contacted at the word of a stranger: a torrent, a tracker, a peer, a
//! redirect (HOSTILE 16). Resolvers ask after resolving and connect to the very address they asked
//! about.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What kind of place an address is (IANA special-purpose registries, RFC 6890).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AddressClass {
    /// Reachable from anywhere.
    Global,
    /// This machine or its own networks: loopback, RFC 1918, shared (RFC 6598), link-local, unique
    /// local (RFC 4193), benchmarking.
    Local,
    /// Where clouds answer with credentials, global or not.
    Metadata,
    /// No host: unspecified, multicast, broadcast, reserved, documentation, or a form that hides an
    /// address which is not global behind a translator.
    Never,
}

impl AddressClass {
    /// The class of `ip`.
    pub fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => of_v4(ip),
            IpAddr::V6(ip) => of_v6(ip),
        }
    }
}

/// Whether `ip` is reachable from anywhere and no cloud's metadata service.
pub fn is_global(ip: IpAddr) -> bool {
    AddressClass::of(ip) == AddressClass::Global
}

/// The rule a resolver or dialler follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AddressPolicy {
    /// Local addresses too: the operator asked for it, or named the host himself.
    pub allow_local: bool,
}

impl AddressPolicy {
    /// Global addresses only.
    pub const GLOBAL: Self = Self { allow_local: false };
    /// Local addresses as well.
    pub const LOCAL_TOO: Self = Self { allow_local: true };

    /// Whether `ip` may be contacted. Metadata services and addresses that are no host's never may.
    pub fn permits(&self, ip: IpAddr) -> bool {
        match AddressClass::of(ip) {
            AddressClass::Global => true,
            AddressClass::Local => self.allow_local,
            AddressClass::Metadata | AddressClass::Never => false,
        }
    }

    /// Whether `peer` may be dialled: as [`Self::permits`], and never port 0.
    pub fn permits_peer(&self, peer: SocketAddr) -> bool {
        peer.port() != 0 && self.permits(peer.ip())
    }
}

fn of_v4(ip: Ipv4Addr) -> AddressClass {
    use AddressClass::{Global, Local, Metadata, Never};
    match ip.octets() {
        // AWS, GCP, Azure and most others; AWS containers; Alibaba; Azure's host; Oracle.
        [169, 254, 169, 254] | [169, 254, 170, 2] => Metadata,
        [100, 100, 100, 200] | [168, 63, 129, 16] | [192, 0, 0, 192] => Metadata,
        [0, ..] | [224..=255, ..] => Never,
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] => Never,
        [10, ..] | [127, ..] | [100, 64..=127, ..] | [169, 254, ..] => Local,
        [172, 16..=31, ..] | [192, 168, ..] | [198, 18 | 19, ..] => Local,
        _ => Global,
    }
}

fn of_v6(ip: Ipv6Addr) -> AddressClass {
    use AddressClass::{Global, Local, Metadata, Never};
    let translated = |high: u16, low: u16| match of_v4(v4(high, low)) {
        Global => Global,
        _ => Never,
    };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Local,
        [0, 0, 0, 0, 0, 0xffff, high, low] => of_v4(v4(high, low)),
        // NAT64 (RFC 6052) and 6to4 (RFC 3056) lead to the IPv4 address they carry.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => translated(high, low),
        // AWS.
        [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254] => Metadata,
        [0xfc00..=0xfdff, ..] | [0xfe80..=0xfeff, ..] => Local,
        // IETF protocol assignments with Teredo, and documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Never,
        [0x2000..=0x3fff, ..] => Global,
        _ => Never,
    }
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}
