//! Who may come in: twice the same peer, too many from one address (`HOSTILE.md` 33).

use std::net::{IpAddr, SocketAddr};

use wire::PeerId;

/// Connections with one address at most; not on loopback with `--allow-local`, where every peer of
/// a test has the same.
pub const PER_ADDRESS: usize = 3;

/// Who dialled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// We did.
    Outgoing,
    /// The peer did.
    Incoming,
}

/// What distinguishes a connection from another.
#[derive(Clone, Copy, Debug)]
pub struct Party<K> {
    /// The connection.
    pub key: K,
    /// Who the peer says it is.
    pub id: PeerId,
    /// The other end of the connection.
    pub address: SocketAddr,
    /// Who dialled.
    pub direction: Direction,
}

/// What becomes of a newcomer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict<K> {
    /// It comes in.
    Welcome,
    /// It comes in, and this other connection with the same peer is closed.
    Instead(K),
    /// The same peer is here already.
    Duplicate,
    /// There are enough from its address.
    Crowd,
}

/// Decides about a newcomer, given who is here and our own id.
///
/// Of two connections with one peer the one stays that the greater peer id dialled, as in
/// libtorrent: both ends decide alike, so that not both connections are closed. Dialled by the same
/// side, the older one stays. A peer id is no secret: one that comes from another address may be
/// somebody else's, and drives nobody out.
pub fn admit<K: Copy>(
    ours: PeerId,
    allow_local: bool,
    newcomer: &Party<K>,
    present: impl Iterator<Item = Party<K>> + Clone,
) -> Verdict<K> {
    if let Some(old) = present.clone().find(|peer| peer.id == newcomer.id) {
        let greater = match ours.0 > newcomer.id.0 {
            true => Direction::Outgoing,
            false => Direction::Incoming,
        };
        let better = newcomer.direction == greater && old.direction != greater;
        let same_host = host(old.address) == host(newcomer.address);
        return if better && same_host { Verdict::Instead(old.key) } else { Verdict::Duplicate };
    }
    let ip = host(newcomer.address);
    let many = allow_local && ip.is_loopback();
    match !many && present.filter(|peer| host(peer.address) == ip).count() >= PER_ADDRESS {
        true => Verdict::Crowd,
        false => Verdict::Welcome,
    }
}

fn host(address: SocketAddr) -> IpAddr {
    address.ip().to_canonical()
}
