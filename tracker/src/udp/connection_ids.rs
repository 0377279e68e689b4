//! Connection ids: proof to a tracker that our address is our own (BEP 15).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::packet::ConnectionId;

/// How long an id may be used after it came (BEP 15).
pub const LIFETIME: Duration = Duration::from_secs(60);
/// Ids kept: both families of every tracker a torrent may have.
pub const MAX_IDS: usize = 2 * crate::schedule::MAX_TRACKERS;

/// The ids of one torrent's trackers, at most [`MAX_IDS`]; the oldest gives way.
#[derive(Clone, Debug, Default)]
pub struct ConnectionIds {
    /// Oldest first.
    ids: Vec<(SocketAddr, ConnectionId, Instant)>,
}

impl ConnectionIds {
    /// The id to use with the tracker at `address` at `now`.
    pub fn get(&self, now: Instant, address: SocketAddr) -> Option<ConnectionId> {
        let fresh = |came: Instant| now.saturating_duration_since(came) < LIFETIME;
        let (_, id, _) = self.ids.iter().find(|(of, _, came)| *of == address && fresh(*came))?;
        Some(*id)
    }

    /// Keeps the id that came from `address` at `now`.
    pub fn insert(&mut self, now: Instant, address: SocketAddr, id: ConnectionId) {
        self.forget(address);
        if self.ids.len() >= MAX_IDS {
            self.ids.remove(0);
        }
        self.ids.push((address, id, now));
    }

    /// The tracker at `address` no longer takes its id.
    pub fn forget(&mut self, address: SocketAddr) {
        self.ids.retain(|(of, _, _)| *of != address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_lives_a_minute_and_the_oldest_gives_way() {
        let start = Instant::now();
        let address = |port: usize| SocketAddr::from(([127, 0, 0, 1], port as u16));
        let mut ids = ConnectionIds::default();
        for port in 1..=MAX_IDS + 1 {
            ids.insert(start, address(port), ConnectionId(port as u64));
        }
        assert_eq!(ids.get(start, address(1)), None);
        let almost = start + LIFETIME - Duration::from_millis(1);
        assert_eq!(ids.get(almost, address(2)), Some(ConnectionId(2)));
        assert_eq!(ids.get(start + LIFETIME, address(2)), None);
        ids.forget(address(2));
        assert_eq!(ids.get(start, address(2)), None);
        assert_eq!(ids.get(start, address(3)), Some(ConnectionId(3)));
    }
}
