//! The BitTorrent protocol as values and pure state machines: no socket, no clock, no runtime.
//!
//! | module | concept | source |
//! | --- | --- | --- |
//! | [`ids`] | info hash, peer id, piece, block, byte range | BEP 3 |
//! | [`geometry`] | how a torrent's bytes divide into pieces and blocks | BEP 3 |
//! | [`bitfield`] | which pieces somebody has | BEP 3 |
//! | [`message`] | every peer message as a value | BEP 3, 6, 10 |
//! | [`bencode`] | bencoded values, read within bounds | BEP 3 |
//! | [`metainfo`] | .torrent files | BEP 3, 12, 19, 27, 47 |

pub mod bencode;
pub mod bitfield;
pub mod geometry;
pub mod ids;
pub mod message;
pub mod metainfo;

pub use bitfield::Bitfield;
pub use geometry::{BLOCK_LEN, Geometry};
pub use ids::{BlockRef, ByteRange, InfoHash, PeerId, PieceIndex};
pub use message::{BlockRequest, Message};
pub use metainfo::{FileEntry, Info, Metainfo};
