//! The one word for where a torrent is.

use crate::view::Status;

/// What decides a torrent's status.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// Files are being hashed.
    pub checking: bool,
    /// The user stopped it.
    pub paused: bool,
    /// Something stands in its way.
    pub failed: bool,
    /// Others download first.
    pub queued: bool,
    /// The metadata is not known.
    pub fetching: bool,
    /// Every selected file is verified.
    pub complete: bool,
    /// Connected peers.
    pub peers: usize,
    /// Bytes a second in.
    pub speed_down: u64,
    /// Bytes a second out.
    pub speed_up: u64,
}

/// The status those facts amount to.
pub fn status(facts: Facts) -> Status {
    match facts {
        Facts { checking: true, .. } => Status::Checking,
        Facts { failed: true, .. } => Status::Error,
        Facts { paused: true, .. } => Status::Paused,
        Facts { queued: true, complete: false, .. } => Status::Queued,
        Facts { fetching: true, .. } => Status::Connecting,
        Facts { complete: true, speed_up: 1.., .. } => Status::Seeding,
        Facts { complete: true, .. } => Status::Complete,
        Facts { speed_down: 1.., .. } => Status::Downloading,
        Facts { peers: 1.., .. } => Status::Connected,
        _ => Status::Connecting,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_comes_before_all_and_a_pause_before_progress() {
        let busy = Facts { peers: 3, speed_down: 9, ..Facts::default() };
        assert_eq!(status(busy), Status::Downloading);
        assert_eq!(status(Facts { paused: true, ..busy }), Status::Paused);
        assert_eq!(status(Facts { paused: true, checking: true, ..busy }), Status::Checking);
        assert_eq!(status(Facts { speed_down: 0, ..busy }), Status::Connected);
        assert_eq!(status(Facts { complete: true, ..busy }), Status::Complete);
        assert_eq!(status(Facts { queued: true, ..busy }), Status::Queued);
        assert_eq!(status(Facts { fetching: true, ..busy }), Status::Connecting);
        assert_eq!(status(Facts::default()), Status::Connecting);
    }
}
