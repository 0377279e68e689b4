//! Pieces in memory.
//!
//! | module | concept |
//! | --- | --- |
//! | [`policy`] | windows of cursors; which pieces go, in what order |
//! | [`found`] | answers to reads, and figures |
//! | `torrent` | one torrent's resident pieces, cursors, waiting readers |
//! | [`state`] | all torrents: a state machine without actor |
//! | [`actor`] | `Cache`: its messages, hashing off its thread |

pub mod actor;
pub mod found;
pub mod policy;
pub mod state;
pub(crate) mod torrent;

pub use actor::Cache;
pub use found::{CacheStats, Found};
pub use policy::CursorId;
