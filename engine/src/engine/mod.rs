//! The process's torrents and its door for peers.
//!
//! | module | concept |
//! | --- | --- |
//! | `actor` | start-up, settings, status, shutting down |
//! | `torrents` | adding, finding and removing torrents |
//! | `queue` | which torrents download, which wait their turn |
//! | `cleanup` | which finished downloads make room on disk |
//! | `boot` | starts storage, the listener and every torrent the catalogue knows |
//! | `config` | what an operator decides |

pub(crate) mod actor;
pub(crate) mod boot;
pub mod cleanup;
pub mod config;
pub mod queue;
pub(crate) mod torrents;
