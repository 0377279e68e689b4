//! Peer messages to bytes and back (BEP 3, 6, 10), without a copy of block data either way.

mod decode;
mod encode;
mod limits;

pub use decode::{Decoder, Frame};
pub use encode::{encode, piece_header};
pub use limits::{MAX_BLOCK_LEN, MAX_EXTENDED_LEN};
