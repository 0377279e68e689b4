//! Starting and stopping what a torrent runs on.

pub(crate) mod actor;
