//! What picker and swarm tell a session to do.

pub(crate) mod actor;
