//! Blocks for the peer.

pub(crate) mod actor;
