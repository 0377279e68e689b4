//! What the API asks of a torrent.

pub(crate) mod actor;
