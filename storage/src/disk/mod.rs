//! Files on disk.
//!
//! | module | concept |
//! | --- | --- |
//! | `beneath` | opening, making and deleting below a root without following symlinks |
//! | `files` | one torrent's open files |
//! | `run` | writing a run of neighbouring pieces with `pwritev` |
//! | `check` | which pieces are on disk already |
//! | [`queue`] | write-behind: what is queued, written, synced; when to try again |
//! | `torrent` | one torrent's queue and check: which job is next, what its outcome means |
//! | [`usage`] | how full the disk is |
//! | [`actor`] | `Disk`: its messages |

pub mod actor;
pub(crate) mod beneath;
pub(crate) mod check;
pub(crate) mod files;
pub mod queue;
pub(crate) mod run;
pub(crate) mod torrent;
pub mod usage;

pub use actor::Disk;
pub use usage::DiskUsage;
