//! The connected peers, by key.

use super::PeerKey;
use super::peer::Peer;

/// Some hundred peers at most, looked up several times a request and looked at one after the other
/// on every tick; they join, mostly at the end, and leave rarely.
#[derive(Default)]
pub(super) struct Peers {
    /// Ascending, and apart from the peers: a search touches a few cache lines.
    keys: Vec<PeerKey>,
    /// In the same order.
    list: Vec<Peer>,
}

impl Peers {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn get(&self, key: PeerKey) -> Option<&Peer> {
        self.list.get(self.place(key).ok()?)
    }

    pub(super) fn get_mut(&mut self, key: PeerKey) -> Option<&mut Peer> {
        let place = self.place(key).ok()?;
        self.list.get_mut(place)
    }

    /// All of them, by key.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Peer> {
        self.list.iter()
    }

    /// All of them, by key.
    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Peer> {
        self.list.iter_mut()
    }

    /// Adds a peer whose key is not among them.
    pub(super) fn insert(&mut self, peer: Peer) {
        if let Err(place) = self.place(peer.key) {
            self.keys.insert(place, peer.key);
            self.list.insert(place, peer);
        }
    }

    pub(super) fn remove(&mut self, key: PeerKey) -> Option<Peer> {
        let place = self.place(key).ok()?;
        self.keys.remove(place);
        Some(self.list.remove(place))
    }

    fn place(&self, key: PeerKey) -> Result<usize, usize> {
        self.keys.binary_search(&key)
    }
}
