//! Nodes a new node may start from, beside the configured ones: those of the last session and those
//! that peers told of (BEP 5, `port`). `mainline` takes none while it runs. Pure.

use std::collections::{HashSet, VecDeque};
use std::net::{SocketAddr, SocketAddrV4};

use wire::AddressPolicy;

/// Nodes kept that peers told of; the oldest goes.
pub const MAX_TOLD: usize = 200;
/// Saved nodes kept: ten full buckets.
pub const MAX_SAVED: usize = 200;
/// Nodes given to one build. While `mainline`'s routing table holds fewer nodes close to a target
/// (20 at most, in general) than it has bootstrap nodes, every query goes to all of those too.
pub const MAX_PICKED: usize = 12;

/// The nodes, IPv4 and permitted by the policy.
#[derive(Clone, Debug)]
pub struct Contacts {
    policy: AddressPolicy,
    /// The latest first.
    told: VecDeque<SocketAddrV4>,
    saved: Vec<SocketAddrV4>,
    /// What the present node was built with.
    picked: Vec<SocketAddrV4>,
    /// What this and the former nodes were built with, until every one has had its turn.
    tried: HashSet<SocketAddrV4>,
}

impl Contacts {
    /// Starts from the last session's nodes.
    pub fn new(policy: AddressPolicy, saved: &[SocketAddr]) -> Self {
        let mut contacts = Self {
            policy,
            told: VecDeque::new(),
            saved: Vec::new(),
            picked: Vec::new(),
            tried: HashSet::new(),
        };
        contacts.save(saved);
        contacts
    }

    /// A peer told of a node: its own address with the port of its message.
    pub fn told(&mut self, node: SocketAddr) {
        let Some(node) = self.permitted(node) else { return };
        self.told.retain(|known| *known != node);
        self.told.push_front(node);
        self.told.truncate(MAX_TOLD);
    }

    /// These are live now. None at all leaves the former ones: a node cut off from the network must
    /// not forget where to start again.
    pub fn save(&mut self, live: &[SocketAddr]) {
        let live: Vec<_> =
            live.iter().filter_map(|node| self.permitted(*node)).take(MAX_SAVED).collect();
        if !live.is_empty() {
            self.saved = live;
        }
    }

    /// What the next session starts from.
    pub fn saved(&self) -> Vec<SocketAddr> {
        self.saved.iter().copied().map(SocketAddr::V4).collect()
    }

    /// Whether there is a node that the present one was not built with.
    pub fn has_others(&self) -> bool {
        self.all().any(|node| !self.picked.contains(&node))
    }

    /// Nodes for the next build: those not tried yet, the told and the saved in turn; when all have
    /// been tried it begins anew.
    pub fn pick(&mut self) -> Vec<SocketAddrV4> {
        let mut picked: Vec<_> = self.all().filter(|node| !self.tried.contains(node)).collect();
        if picked.is_empty() {
            self.tried.clear();
            picked = self.all().collect();
        }
        picked.truncate(MAX_PICKED);
        self.tried.extend(&picked);
        self.picked.clone_from(&picked);
        picked
    }

    /// Each once.
    fn all(&self) -> impl Iterator<Item = SocketAddrV4> {
        let longest = self.told.len().max(self.saved.len());
        (0..longest).flat_map(|at| {
            let told = self.told.get(at).copied();
            let saved = self.saved.get(at).copied().filter(|node| !self.told.contains(node));
            told.into_iter().chain(saved)
        })
    }

    fn permitted(&self, node: SocketAddr) -> Option<SocketAddrV4> {
        match node {
            SocketAddr::V4(node) if self.policy.permits_peer(node.into()) => Some(node),
            _ => None,
        }
    }
}
