//! What the front found out of a torrent's media files.

pub(crate) mod actor;
