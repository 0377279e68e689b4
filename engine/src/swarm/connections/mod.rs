//! The connections of a swarm: dialled, let in, ended.

pub(crate) mod actor;
