//! What must survive a restart, in redb.
//!
//! | module | concept |
//! | --- | --- |
//! | [`record`] | what is kept of a torrent |
//! | [`actor`] | `Catalogue`: its messages, batched transactions |

pub mod actor;
pub mod record;

pub use record::{StoredTorrent, TorrentRecord};
