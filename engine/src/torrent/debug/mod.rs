//! A torrent from inside.

pub(crate) mod actor;
