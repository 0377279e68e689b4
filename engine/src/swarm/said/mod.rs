//! What sessions tell their swarm.

pub(crate) mod actor;
