//! How long each message may be, its id included (HOSTILE 18).

use crate::WireError;

/// The longest block served or accepted: 128 KiB, what libtorrent and others refuse beyond.
pub const MAX_BLOCK_LEN: u32 = 128 * 1024;

/// The longest extended message (BEP 10): `ut_metadata` brings 16 KiB, PEX a few, but an extended
/// handshake may be 64 KiB. Nothing in use comes near 128 KiB.
pub const MAX_EXTENDED_LEN: u32 = 128 * 1024;

/// An id of a future extension is skipped when it is no longer than the longest extended message.
const MAX_UNKNOWN_LEN: u32 = MAX_EXTENDED_LEN;

/// The lengths one message id may have.
enum Allowed {
    Exactly(u32),
    Between(u32, u32),
}

/// Refuses `length` (with the id counted) before the rest of the message has arrived.
pub(super) fn check(id: u8, length: u32, pieces: Option<u32>) -> Result<(), WireError> {
    let allowed = match id {
        0..=3 | 14 | 15 => Allowed::Exactly(1),
        4 | 13 | 17 => Allowed::Exactly(5),
        5 => Allowed::Between(1, bitfield(pieces)),
        6 | 8 | 16 => Allowed::Exactly(13),
        7 => Allowed::Between(9, 9 + MAX_BLOCK_LEN),
        9 => Allowed::Exactly(3),
        20 => Allowed::Between(2, 1 + MAX_EXTENDED_LEN),
        _ => Allowed::Between(1, MAX_UNKNOWN_LEN),
    };
    let (shortest, longest) = match allowed {
        Allowed::Exactly(length) => (length, length),
        Allowed::Between(shortest, longest) => (shortest, longest),
    };
    if length > longest {
        return Err(WireError::TooLong { id: Some(id), length, limit: longest });
    }
    if length < shortest {
        return Err(WireError::WrongLength { id, length });
    }
    Ok(())
}

/// The longest message there is with this many pieces: what a length of four bytes is held against
/// before even the id is here.
pub(super) fn longest(pieces: Option<u32>) -> u32 {
    (9 + MAX_BLOCK_LEN).max(1 + MAX_EXTENDED_LEN).max(bitfield(pieces))
}

/// Without metadata (BEP 9) the number of pieces is not known: as many as 32 MiB of metadata have.
fn bitfield(pieces: Option<u32>) -> u32 {
    const MOST_PIECES: u32 = 32 * 1024 * 1024 / 20;
    1 + pieces.unwrap_or(MOST_PIECES).div_ceil(8)
}
