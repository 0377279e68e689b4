//! `ut_pex`: peers a peer knows (BEP 11).

use std::net::SocketAddr;

use bytes::Bytes;

use crate::WireError;
use crate::bencode::{self, Limits, Value, write};
use crate::compact::{self, CompactPeers};

/// Peers taken from one message, and put into one, of those that came and of those that went: BEP 11
/// allows no more (HOSTILE 32).
pub const MAX_PEX_PEERS: usize = 50;

/// What a peer says of another (BEP 11).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct PexFlags {
    /// 0x01: prefers encrypted connections.
    pub prefers_encryption: bool,
    /// 0x02: has everything, or wants nothing more (BEP 21).
    pub seed: bool,
    /// 0x04: speaks uTP (BEP 29).
    pub utp: bool,
    /// 0x08: speaks `ut_holepunch` (BEP 55).
    pub holepunch: bool,
    /// 0x10: the sender connected to it, so it can be reached.
    pub reachable: bool,
}

impl PexFlags {
    /// From a byte of `added.f`; bits nobody knows are ignored.
    pub fn from_byte(byte: u8) -> Self {
        Self {
            prefers_encryption: byte & 0x01 != 0,
            seed: byte & 0x02 != 0,
            utp: byte & 0x04 != 0,
            holepunch: byte & 0x08 != 0,
            reachable: byte & 0x10 != 0,
        }
    }

    /// The byte of `added.f`.
    pub fn to_byte(self) -> u8 {
        u8::from(self.prefers_encryption)
            | u8::from(self.seed) << 1
            | u8::from(self.utp) << 2
            | u8::from(self.holepunch) << 3
            | u8::from(self.reachable) << 4
    }
}

/// A peer told of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PexPeer {
    /// Where it listens; whether it may be dialled is for [`crate::AddressPolicy`] to say.
    pub address: SocketAddr,
    /// What the sender knows of it.
    pub flags: PexFlags,
}

/// What changed among the sender's peers since its last message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PexMessage {
    /// Connected since, IPv4 first.
    pub added: Vec<PexPeer>,
    /// Gone since, IPv4 first.
    pub dropped: Vec<SocketAddr>,
}

impl PexMessage {
    /// Parses a payload. Beyond [`MAX_PEX_PEERS`] of a kind, and with port 0, peers are left out.
    ///
    /// # Errors
    /// [`WireError::Bencode`], [`WireError::CompactLength`].
    pub fn parse(payload: &[u8]) -> Result<Self, WireError> {
        let message = bencode::read_tolerant(payload, Limits::EXTENDED)?;
        let bytes = |key| message.get(key).and_then(Value::bytes).unwrap_or_default();
        let with_flags = |flags: &'static str| {
            let flags = bytes(flags).iter().copied().chain(std::iter::repeat(0));
            flags.map(PexFlags::from_byte)
        };
        let v4 = compact::parse_v4(bytes("added"))?.zip(with_flags("added.f"));
        let v6 = compact::parse_v6(bytes("added6"))?.zip(with_flags("added6.f"));
        let dropped =
            compact::parse_v4(bytes("dropped"))?.chain(compact::parse_v6(bytes("dropped6"))?);
        Ok(Self {
            added: v4
                .chain(v6)
                .filter(|(address, _)| address.port() != 0)
                .take(MAX_PEX_PEERS)
                .map(|(address, flags)| PexPeer { address, flags })
                .collect(),
            dropped: dropped.filter(|a| a.port() != 0).take(MAX_PEX_PEERS).collect(),
        })
    }

    /// The payload, of the first [`MAX_PEX_PEERS`] peers of a kind.
    pub fn encode(&self) -> Bytes {
        let (mut added, mut flags4, mut flags6) = (CompactPeers::default(), Vec::new(), Vec::new());
        for peer in self.added.iter().take(MAX_PEX_PEERS) {
            added.push(peer.address);
            match peer.address.ip().to_canonical().is_ipv4() {
                true => flags4.push(peer.flags.to_byte()),
                false => flags6.push(peer.flags.to_byte()),
            }
        }
        let dropped: CompactPeers = self.dropped.iter().take(MAX_PEX_PEERS).copied().collect();
        let parts: [(&[u8], &[u8]); 6] = [
            (b"added", &added.v4),
            (b"added.f", &flags4),
            (b"added6", &added.v6),
            (b"added6.f", &flags6),
            (b"dropped", &dropped.v4),
            (b"dropped6", &dropped.v6),
        ];
        write::dict(|e| {
            let said = parts.into_iter().filter(|(_, bytes)| !bytes.is_empty());
            said.into_iter().try_for_each(|(k, bytes)| e.emit_pair_with(k, |e| e.emit_bytes(bytes)))
        })
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.dropped.is_empty()
    }
}
