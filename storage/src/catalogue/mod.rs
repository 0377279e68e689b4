//! What must survive a restart, in redb.
//!
//! | module | concept |
//! | --- | --- |
//! | [`record`] | what is kept of a torrent |
//! | [`playback`] | who watched what, and how far |
//! | [`tables`] | the tables, and reading them whole |
//! | [`batch`] | changes that are written in one transaction |
//! | [`mod@open`] | opening the file; setting aside one that is broken |
//! | [`actor`] | `Catalogue`: its messages, one transaction at a time |

pub mod actor;
pub mod batch;
pub mod open;
pub mod playback;
pub mod record;
pub mod tables;

pub use actor::Catalogue;
pub use open::{Opened, open};
pub use playback::Watched;
pub use record::{KnownPeer, StoredTorrent, TorrentRecord};
