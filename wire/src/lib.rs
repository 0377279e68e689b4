//! The BitTorrent protocol as values and pure state machines: no socket, no clock, no runtime.
//!
//! | module | concept | source |
//! | --- | --- | --- |
//! | [`ids`] | info hash, peer id, piece, block, byte range | BEP 3 |
//! | [`geometry`] | how a torrent's bytes divide into pieces and blocks | BEP 3 |
//! | [`bitfield`] | which pieces somebody has | BEP 3 |
//! | [`bencode`] | bencoded values, read within bounds | BEP 3 |
//! | [`metainfo`] | .torrent files, read and written | BEP 3, 12, 19, 27, 47 |
//! | [`safe_name`] | one path element that is safe everywhere | |
//! | [`magnet`] | magnet links | BEP 9, 53 |
//! | [`handshake`] | the first 68 bytes of a connection | BEP 3, 5, 6, 10 |
//! | [`message`] | every peer message as a value | BEP 3, 6, 10 |
//! | [`extension`] | the extended handshake and what is spoken over it | BEP 9, 10, 11, 54 |
//! | [`allowed_fast`] | the pieces a choked peer may ask for | BEP 6 |
//! | [`codec`] | messages to bytes and back, in place | BEP 3, 6, 10 |
//! | [`peer_state`] | the rules of one connection: events in, actions out | BEP 3, 6, 9, 10, 11, 54 |
//! | [`metadata_fetch`] | a torrent's metadata put together from its peers | BEP 9 |
//! | [`compact`] | compact peer lists | BEP 7, 23 |
//! | [`address_policy`] | which addresses may be contacted | RFC 6890 |
//! | [`error`] | the crate's error | |
//! | `fuzz` | what the fuzz targets and the property tests run | |

pub mod address_policy;
pub mod allowed_fast;
pub mod bencode;
pub mod bitfield;
pub mod codec;
pub mod compact;
pub mod error;
pub mod extension;
#[doc(hidden)]
pub mod fuzz;
pub mod geometry;
pub mod handshake;
pub mod ids;
pub mod magnet;
pub mod message;
pub mod metadata_fetch;
pub mod metainfo;
pub mod peer_state;
pub mod safe_name;

pub use address_policy::AddressPolicy;
pub use bitfield::Bitfield;
pub use error::WireError;
pub use extension::{ExtensionHandshake, MetadataMessage, PexFlags, PexMessage, PexPeer};
pub use geometry::{BLOCK_LEN, Geometry};
pub use handshake::{Extensions, Handshake};
pub use ids::{BlockRef, ByteRange, InfoHash, PeerId, PieceIndex};
pub use magnet::{Magnet, MagnetError};
pub use message::{BlockRequest, Message};
pub use metadata_fetch::{Fetched, MetadataFetch};
pub use metainfo::{FileEntry, Info, Metainfo, MetainfoBuilder, MetainfoError};
pub use peer_state::{Action, CloseReason, Event, PeerConfig, PeerState};
