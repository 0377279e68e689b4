//! Peer exchange (BEP 11), both ways: who was told of whom, and how much is heard of whom.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use wire::address_policy::AddressClass;
use wire::extension::{MAX_PEX_PEERS, PexFlags, PexMessage, PexPeer};

/// The first message follows the handshake so soon: late enough that there is something to tell.
const FIRST: Duration = Duration::from_secs(3);
/// The least time between two messages to one peer (BEP 11).
const INTERVAL: Duration = Duration::from_secs(60);
/// The least time between two messages of one peer that are listened to: BEP 11's minute, less what
/// the network may squeeze out of it.
const LEAST_HEARD: Duration = Duration::from_secs(50);

/// A peer we are connected to, as others may be told of it.
#[derive(Clone, Copy, Debug)]
pub struct Acquaintance<K> {
    /// The connection.
    pub key: K,
    /// Where it can be dialled: what we dialled, or its address with the port it says it listens on.
    pub address: SocketAddr,
    /// Whether it has everything.
    pub seed: bool,
    /// Whether we dialled it, so that it is known to be reachable.
    pub reachable: bool,
}

/// Who was told what. Private torrents have none (BEP 27).
#[derive(Debug)]
pub struct Pex<K> {
    listeners: HashMap<K, Listener>,
}

#[derive(Debug)]
struct Listener {
    /// When it may be told next.
    next: Instant,
    /// Whom it was told of, and not told that they left.
    told: HashSet<SocketAddr>,
    /// When its own last message was listened to.
    heard: Option<Instant>,
}

impl<K> Default for Pex<K> {
    fn default() -> Self {
        Self { listeners: HashMap::new() }
    }
}

impl<K: Copy + Eq + Hash> Pex<K> {
    /// A peer said that it speaks `ut_pex`. Said again, nothing changes.
    pub fn joined(&mut self, key: K, now: Instant) {
        let new = || Listener { next: now + FIRST, told: HashSet::new(), heard: None };
        self.listeners.entry(key).or_insert_with(new);
    }

    /// A peer is gone.
    pub fn left(&mut self, key: K) {
        self.listeners.remove(&key);
    }

    /// Whether anybody may be told something now.
    pub fn is_due(&self, now: Instant) -> bool {
        self.listeners.values().any(|listener| listener.next <= now)
    }

    /// The messages that are due: to each, who came and who left since it was last told, never of
    /// itself, never of local addresses unless it has one too.
    pub fn due(&mut self, now: Instant, connected: &[Acquaintance<K>]) -> Vec<(K, PexMessage)> {
        let mut messages = Vec::new();
        for (key, listener) in &mut self.listeners {
            if listener.next > now {
                continue;
            }
            let own = connected.iter().find(|peer| peer.key == *key);
            let message = listener.diff(*key, own.map(|peer| peer.address), connected);
            if !message.is_empty() {
                listener.next = now + INTERVAL;
                messages.push((*key, message));
            }
        }
        messages
    }

    /// What is taken from a peer's message: at most [`MAX_PEX_PEERS`] addresses about once a
    /// minute, and nothing of who did not say that it speaks `ut_pex` (`HOSTILE.md` 32).
    pub fn heard(&mut self, key: K, now: Instant, message: PexMessage) -> Vec<SocketAddr> {
        let Some(listener) = self.listeners.get_mut(&key) else { return Vec::new() };
        let since = listener.heard.map(|at| now.saturating_duration_since(at));
        if since.is_some_and(|since| since < LEAST_HEARD) {
            return Vec::new();
        }
        listener.heard = Some(now);
        message.added.into_iter().take(MAX_PEX_PEERS).map(|peer| peer.address).collect()
    }
}

impl Listener {
    fn diff<K: Copy + Eq>(
        &mut self,
        key: K,
        own: Option<SocketAddr>,
        connected: &[Acquaintance<K>],
    ) -> PexMessage {
        let local = own.is_some_and(|own| AddressClass::of(own.ip()) == AddressClass::Local);
        let tell = connected.iter().filter(|peer| {
            let class = AddressClass::of(peer.address.ip());
            peer.key != key
                && Some(peer.address) != own
                && (class == AddressClass::Global || (local && class == AddressClass::Local))
        });
        let tell: HashMap<SocketAddr, PexFlags> = tell
            .map(|peer| {
                let (seed, reachable) = (peer.seed, peer.reachable);
                (peer.address, PexFlags { seed, reachable, ..PexFlags::default() })
            })
            .collect();
        let gone = self.told.iter().filter(|address| !tell.contains_key(address));
        let dropped: Vec<SocketAddr> = gone.take(MAX_PEX_PEERS).copied().collect();
        let new = tell.into_iter().filter(|(address, _)| !self.told.contains(address));
        let added: Vec<PexPeer> =
            new.take(MAX_PEX_PEERS).map(|(address, flags)| PexPeer { address, flags }).collect();
        self.told.retain(|address| !dropped.contains(address));
        self.told.extend(added.iter().map(|peer| peer.address));
        PexMessage { added, dropped }
    }
}
