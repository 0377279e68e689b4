//! The catalogue's form: wall-clock time instead of ages.

use std::time::Duration;

use storage::catalogue::KnownPeer;

use crate::picker::Performance;
use crate::swarm::address_book::Remembered;

/// As it is saved at `now`, seconds since 1970.
pub(crate) fn saved(peer: &Remembered, now: u64) -> KnownPeer {
    KnownPeer {
        address: peer.address,
        rate: peer.shown.rate,
        rtt_micros: peer.shown.rtt.as_micros() as u64,
        seen_at: now.saturating_sub(peer.age.as_secs()),
    }
}

/// As it is loaded at `now`; a clock that was set back makes it fresh.
pub(crate) fn loaded(peer: &KnownPeer, now: u64) -> Remembered {
    let rtt = Duration::from_micros(peer.rtt_micros);
    Remembered {
        address: peer.address,
        shown: Performance { rate: peer.rate, rtt },
        age: Duration::from_secs(now.saturating_sub(peer.seen_at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_between_two_starts_is_an_hour_of_age() {
        let shown = Performance { rate: 512_000, rtt: Duration::from_millis(40) };
        let address = ([192, 0, 2, 7], 6881).into();
        let peer = Remembered { address, shown, age: Duration::from_secs(60) };
        let again = loaded(&saved(&peer, 10_000), 13_600);
        assert_eq!(again, Remembered { age: Duration::from_secs(3660), ..peer });
        assert_eq!(loaded(&saved(&peer, 10_000), 5), Remembered { age: Duration::ZERO, ..peer });
    }
}
