//! What a torrent's peers showed, kept in the catalogue.

pub(crate) mod actor;
pub(crate) mod record;
