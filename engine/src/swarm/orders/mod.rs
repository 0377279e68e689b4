//! What a torrent tells and asks its swarm.

pub(crate) mod actor;
