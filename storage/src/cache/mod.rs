//! Pieces in memory.
//!
//! | module | concept |
//! | --- | --- |
//! | [`policy`] | windows of cursors; which pieces go, in what order |
//! | [`found`] | answers to reads, and figures |
//! | `hashers` | who hashes, and how many at a time |
//! | [`hits`] | where readers found their bytes: memory, files, the swarm |
//! | `torrent` | one torrent's resident pieces, cursors, waiting readers |
//! | [`cursors`] | where they are |
//! | [`reply`] | a read is answered at once, or when the piece comes |
//! | [`state`] | all torrents: a state machine without actor |
//! | [`actor`] | `Cache`: its messages, hashing off its thread |

pub mod actor;
pub mod cursors;
pub mod found;
pub(crate) mod hashers;
pub mod hits;
pub mod policy;
pub mod reply;
pub mod state;
pub(crate) mod torrent;

pub use actor::Cache;
pub use found::{CacheStats, Found};
pub use hits::{HitCounters, Hits};
pub use policy::CursorId;
