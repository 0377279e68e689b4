//! A torrent's open reads.

pub(crate) mod actor;
pub(crate) mod shared;
