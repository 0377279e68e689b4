//! Piece memory, verification, files on disk and the catalogue: what a torrent's bytes live in
//! between a peer's socket and a reader.
//!
//! | module | concept |
//! | --- | --- |
//! | [`budget`] | the hard limit on bytes of pieces held in memory, and reservations of it |
//! | [`pool`] | reused buffers that blocks and disk reads are copied into |
//! | [`assembly`] | a piece being filled block by block, then full but not yet trusted |
//! | [`prefix`] | a big piece is hashed while it arrives |
//! | [`verify`] | SHA-1 over a full piece: the only way from candidate to piece |
//! | [`piece`] | a verified piece and slices of it that keep it alive |
//! | [`layout`] | which bytes of the torrent lie in which file |
//! | [`event`] | what cache and disk tell a torrent |
//! | [`cache`] | pieces in memory: who waits, what stays, what goes (actor `Cache`) |
//! | [`disk`] | sparse files, write-behind, checking what is there (actor `Disk`) |
//! | [`reader`] | reads of what is on disk, past every mailbox |
//! | [`catalogue`] | torrents, resume data and settings in redb (actor `Catalogue`) |
//! | [`error`] | every way storage fails |
//!
//! The way of a piece: `Assembly` → `Candidate` → (hash) → `Arc<Piece>` in the cache and in the
//! disk's queue → written → dropped from memory when the policy says so. Its length is reserved
//! from the [`Budget`] before its first block is requested and given back when the last slice of
//! it has left the process.

pub mod assembly;
pub mod budget;
pub mod cache;
pub mod catalogue;
pub mod disk;
pub mod error;
pub mod event;
#[doc(hidden)]
pub mod fuzz;
pub mod layout;
pub mod piece;
pub mod pool;
pub mod prefix;
pub mod reader;
pub mod verify;

pub use assembly::{Assembly, Candidate, Put};
pub use budget::{Budget, Claim, Reservation};
pub use error::StorageError;
pub use event::PieceEvent;
pub use layout::{FileIndex, Layout, Segment};
pub use piece::Piece;
pub use pool::{BlockPool, BufferPool};
pub use prefix::Run;
pub use reader::DiskReader;
pub use verify::BlockDigest;
