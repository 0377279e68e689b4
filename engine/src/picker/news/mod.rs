//! What a torrent tells its picker.

pub(crate) mod actor;
