//! What a torrent keeps on disk, and whether it may go to make room.

pub(crate) mod actor;
