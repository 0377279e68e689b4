//! The extension protocol (BEP 10) and what is spoken over it.
//!
//! | file | concept | source |
//! | --- | --- | --- |
//! | `handshake` | the extended handshake: who speaks what, and under which id | BEP 10, 21 |
//! | `metadata` | the `info` dictionary in pieces of 16 KiB | BEP 9 |
//! | `pex` | peers a peer knows | BEP 11 |
//! | `dont_have` | a piece the peer has no longer | BEP 54 |

pub mod dont_have;
mod handshake;
mod metadata;
mod pex;

pub use handshake::{ExtensionHandshake, MAX_CLIENT_CHARS, MAX_HANDSHAKE, MAX_REQQ};
pub use metadata::{MAX_METADATA, METADATA_PIECE_LEN, MetadataMessage, metadata_pieces};
pub use pex::{MAX_PEX_PEERS, PexFlags, PexMessage, PexPeer};

/// Extended message id of the extended handshake (BEP 10).
pub const HANDSHAKE: u8 = 0;
/// Extended message id under which we take `ut_metadata` (BEP 9).
pub const UT_METADATA: u8 = 1;
/// Extended message id under which we take `ut_pex` (BEP 11).
pub const UT_PEX: u8 = 2;
/// Extended message id under which we take `lt_donthave` (BEP 54).
pub const LT_DONTHAVE: u8 = 3;
