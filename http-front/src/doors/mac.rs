//! HMAC-SHA256 (RFC 2104).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A MAC under a 32-byte key; HMAC pads a short key to the block with zeros.
pub(super) fn keyed(key: &[u8; 32]) -> impl Mac<OutputSize = sha2::digest::consts::U32> + use<> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    <Hmac<Sha256> as KeyInit>::new(&block.into())
}
