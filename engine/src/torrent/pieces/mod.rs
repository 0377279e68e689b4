//! What cache and disk tell a torrent of its pieces.

pub(crate) mod actor;
