//! The extended handshake (BEP 10).

use std::net::IpAddr;

use bendy::encoding::AsString;
use bytes::Bytes;

use super::{LT_DONTHAVE, MAX_METADATA, UT_METADATA, UT_PEX};
use crate::WireError;
use crate::bencode::{self, Dict, Limits, Value, write};
use crate::peer_state::MAX_QUEUED_REQUESTS;
use crate::safe_name::is_unseen;

/// The longest extended handshake read, in bytes (HOSTILE 29).
pub const MAX_HANDSHAKE: usize = 64 * 1024;
/// The most requests in flight a peer is taken at its word for (HOSTILE 29).
pub const MAX_REQQ: u32 = 2048;
/// Characters of a client's name that are kept.
pub const MAX_CLIENT_CHARS: usize = 64;

/// What a peer says of itself beyond its 68 bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExtensionHandshake {
    /// `m`: the id under which the sender takes `ut_metadata` (BEP 9); never 0, which like `None`
    /// stands for not spoken.
    pub ut_metadata: Option<u8>,
    /// `m`: that of `ut_pex` (BEP 11).
    pub ut_pex: Option<u8>,
    /// `m`: that of `lt_donthave` (BEP 54).
    pub lt_donthave: Option<u8>,
    /// `metadata_size`: bytes of the `info` dictionary where the sender has it (BEP 9), 1 to
    /// [`MAX_METADATA`].
    pub metadata_size: Option<u32>,
    /// `p`: where the sender listens; never 0.
    pub port: Option<u16>,
    /// `v`: the sender's name and version, fit for display: at most [`MAX_CLIENT_CHARS`], no
    /// control nor bidirectional characters.
    pub client: Option<String>,
    /// `reqq`: requests the sender keeps, 1 to [`MAX_REQQ`].
    pub reqq: Option<u32>,
    /// `yourip`: what the sender sees us as.
    pub your_ip: Option<IpAddr>,
    /// The sender will not download (BEP 21).
    pub upload_only: bool,
}

impl ExtensionHandshake {
    /// What every handshake of ours says: the extensions under our ids, the requests we keep. For a
    /// private torrent `ut_pex` is to be taken out (BEP 27).
    pub fn ours() -> Self {
        Self {
            ut_metadata: Some(UT_METADATA),
            ut_pex: Some(UT_PEX),
            lt_donthave: Some(LT_DONTHAVE),
            client: Some(concat!("Millrace/", env!("CARGO_PKG_VERSION")).into()),
            reqq: Some(MAX_QUEUED_REQUESTS as u32),
            ..Self::default()
        }
    }

    /// Parses a connection's first extended handshake.
    ///
    /// # Errors
    /// [`WireError::Bencode`]; [`WireError::Extended`] beyond [`MAX_HANDSHAKE`] bytes or when it is
    /// no dictionary. Whatever else is out of order is as if it were not there.
    pub fn parse(payload: &[u8]) -> Result<Self, WireError> {
        let mut handshake = Self::default();
        handshake.update(payload)?;
        Ok(handshake)
    }

    /// Takes in a later one: what it does not name stays as it was, id 0 ends an extension.
    ///
    /// # Errors
    /// As [`Self::parse`], and nothing has changed.
    pub fn update(&mut self, payload: &[u8]) -> Result<(), WireError> {
        if payload.len() > MAX_HANDSHAKE {
            return Err(WireError::Extended("handshake too long"));
        }
        let root = bencode::read_tolerant(payload, Limits::EXTENDED)?;
        let root = root.dict().ok_or(WireError::Extended("handshake is no dictionary"))?;
        if let Some(ids) = root.get("m").and_then(Value::dict) {
            set(ids, "ut_metadata", &mut self.ut_metadata, id);
            set(ids, "ut_pex", &mut self.ut_pex, id);
            set(ids, "lt_donthave", &mut self.lt_donthave, id);
        }
        set(root, "metadata_size", &mut self.metadata_size, metadata_size);
        set(root, "p", &mut self.port, port);
        set(root, "v", &mut self.client, client);
        set(root, "reqq", &mut self.reqq, reqq);
        set(root, "yourip", &mut self.your_ip, your_ip);
        if let Some(flag) = root.get("upload_only") {
            self.upload_only = flag.int().is_some_and(|flag| flag != 0);
        }
        Ok(())
    }

    /// The payload of the extended message.
    pub fn encode(&self) -> Bytes {
        let ids = [
            (&b"lt_donthave"[..], self.lt_donthave),
            (b"ut_metadata", self.ut_metadata),
            (b"ut_pex", self.ut_pex),
        ];
        write::dict(|e| {
            e.emit_pair_with(b"m", |e| {
                e.emit_unsorted_dict(|e| {
                    let spoken = ids.into_iter().filter_map(|(name, id)| Some((name, id?)));
                    spoken.into_iter().try_for_each(|(name, id)| e.emit_pair(name, id))
                })
            })?;
            if let Some(size) = self.metadata_size {
                e.emit_pair(b"metadata_size", size)?;
            }
            if let Some(port) = self.port {
                e.emit_pair(b"p", port)?;
            }
            if let Some(client) = &self.client {
                e.emit_pair(b"v", client)?;
            }
            if let Some(reqq) = self.reqq {
                e.emit_pair(b"reqq", reqq)?;
            }
            match self.your_ip {
                Some(IpAddr::V4(ip)) => e.emit_pair(b"yourip", AsString(&ip.octets()))?,
                Some(IpAddr::V6(ip)) => e.emit_pair(b"yourip", AsString(&ip.octets()))?,
                None => {}
            }
            match self.upload_only {
                true => e.emit_pair(b"upload_only", 1),
                false => Ok(()),
            }
        })
    }
}

/// Reads `key` into `field` where the dictionary has it.
fn set<T>(dict: &Dict<'_>, key: &str, field: &mut Option<T>, read: fn(&Value<'_>) -> Option<T>) {
    if let Some(value) = dict.get(key) {
        *field = read(value);
    }
}

fn id(value: &Value<'_>) -> Option<u8> {
    u8::try_from(value.int()?).ok().filter(|id| *id != 0)
}

fn metadata_size(value: &Value<'_>) -> Option<u32> {
    u32::try_from(value.int()?).ok().filter(|size| (1..=MAX_METADATA).contains(size))
}

fn port(value: &Value<'_>) -> Option<u16> {
    u16::try_from(value.int()?).ok().filter(|port| *port != 0)
}

fn reqq(value: &Value<'_>) -> Option<u32> {
    Some(value.int()?.clamp(1, i64::from(MAX_REQQ)) as u32)
}

/// Most of a name that is cut short is never looked at.
fn client(value: &Value<'_>) -> Option<String> {
    let bytes = value.bytes()?;
    let start = bytes.get(..bytes.len().min(16 * MAX_CLIENT_CHARS))?;
    let text = String::from_utf8_lossy(start);
    let text: String = text.chars().filter(|c| !is_unseen(*c)).take(MAX_CLIENT_CHARS).collect();
    Some(text).filter(|text| !text.is_empty())
}

fn your_ip(value: &Value<'_>) -> Option<IpAddr> {
    let bytes = value.bytes()?;
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}
