//! The process's torrents and its door for peers.
//!
//! | module | concept |
//! | --- | --- |
//! | `actor` | torrents by info hash, adding and removing |
//! | `boot` | starts storage, the listener and every torrent the catalogue knows |
//! | `config` | what an operator decides |

pub(crate) mod actor;
pub(crate) mod boot;
pub mod config;
