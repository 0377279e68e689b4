//! What a torrent tells its swarm.

pub(crate) mod actor;
