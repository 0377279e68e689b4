//! Pieces in memory.
//!
//! | module | concept |
//! | --- | --- |
//! | [`policy`] | windows of cursors; which pieces go, in what order |
//! | [`state`] | torrents, resident pieces, waiting readers: a state machine without actor |
//! | [`actor`] | `Cache`: its messages, hashing off its thread |

pub mod actor;
pub mod policy;
pub mod state;

pub use policy::CursorId;
pub use state::{CacheStats, Found};
