//! Connection ids without memory: a keyed hash of the address and the minute (BEP 15).

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::udp::packet::ConnectionId;

/// Ids are renewed this often.
const PERIOD: Duration = Duration::from_secs(60);
/// Periods an id is taken for after its own: two minutes from its sending, at least (BEP 15).
const GRACE: u64 = 2;

/// Makes and checks ids. The key is drawn at random when it is made, so nobody else can.
#[derive(Clone, Debug)]
pub struct ConnectionIdMint {
    key: RandomState,
    start: Instant,
}

impl ConnectionIdMint {
    /// A mint with a fresh key, opened at `start`.
    pub fn new(start: Instant) -> Self {
        Self { key: RandomState::new(), start }
    }

    /// The id for a client at `ip` at `now`. Ports don't matter: clients change them.
    pub fn issue(&self, now: Instant, ip: IpAddr) -> ConnectionId {
        self.of_period(self.period(now), ip)
    }

    /// Whether `id` was issued to `ip` within the last two minutes, or a little longer ago.
    pub fn accepts(&self, now: Instant, ip: IpAddr, id: ConnectionId) -> bool {
        let period = self.period(now);
        (period.saturating_sub(GRACE)..=period).any(|period| self.of_period(period, ip) == id)
    }

    fn period(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.start).as_secs() / PERIOD.as_secs()
    }

    fn of_period(&self, period: u64, ip: IpAddr) -> ConnectionId {
        ConnectionId(self.key.hash_one((period, ip.to_canonical())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_addresses_own_and_lives_two_minutes() {
        let start = Instant::now();
        let mint = ConnectionIdMint::new(start);
        let (a, b) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let sent = start + Duration::from_secs(59);
        let id = mint.issue(sent, a);
        assert!(mint.accepts(sent, a, id));
        assert!(!mint.accepts(sent, b, id));
        assert!(mint.accepts(sent + Duration::from_secs(120), a, id));
        assert!(!mint.accepts(sent + Duration::from_secs(121), a, id));
        assert!(!ConnectionIdMint::new(start).accepts(sent, a, id));
    }
}
