//! What the book forgets to make room for news.

use std::net::{IpAddr, SocketAddr};

use super::entry::Entry;
use super::{AddressBook, Prefix, Source};

/// Addresses kept at most.
pub(super) const CAP: usize = 2000;
/// Addresses kept of one network, unless the user names them (`HOSTILE.md` 32).
pub(super) const CAP_PER_PREFIX: usize = 50;

/// How many addresses of one source are kept: strangers' gossip can't fill the book.
fn share(source: Source) -> usize {
    match source {
        Source::Pex | Source::Dht => CAP / 2,
        _ => CAP,
    }
}

impl AddressBook {
    /// Forgets as many of the worst as it takes to note one more address from `source`; `false`
    /// when everybody who could go is connected or being dialled.
    pub(super) fn make_room(&mut self, address: SocketAddr, source: Source) -> bool {
        let prefix = Prefix::of(address.ip());
        let strangers = source != Source::User && self.counts_by_prefix(address.ip());
        let of_prefix = self.by_prefix.get(&prefix).copied().unwrap_or_default();
        let prefix_full = strangers && of_prefix >= CAP_PER_PREFIX;
        if prefix_full && !self.evict(|known, _| Prefix::of(known.ip()) == prefix) {
            return false;
        }
        let of_source = self.by_source.get(source as usize).copied().unwrap_or_default();
        if of_source >= share(source) && !self.evict(|_, entry| entry.source() == source) {
            return false;
        }
        self.entries.len() < CAP || self.evict(|_, _| true)
    }

    /// Forgets the worst of those in question.
    fn evict(&mut self, in_question: impl Fn(&SocketAddr, &Entry) -> bool) -> bool {
        let spare = self
            .entries
            .iter()
            .filter(|(address, entry)| entry.is_spare() && in_question(address, entry));
        let worst = spare.map(|(address, entry)| (entry.score(), *address)).min();
        worst.inspect(|(_, address)| self.remove(*address)).is_some()
    }

    pub(super) fn insert(&mut self, address: SocketAddr, entry: Entry) {
        self.count(entry.source(), 1);
        *self.by_prefix.entry(Prefix::of(address.ip())).or_default() += 1;
        self.entries.insert(address, entry);
    }

    pub(super) fn remove(&mut self, address: SocketAddr) {
        let Some(entry) = self.entries.remove(&address) else { return };
        self.count(entry.source(), -1);
        let prefix = Prefix::of(address.ip());
        match self.by_prefix.get_mut(&prefix) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(self.by_prefix.remove(&prefix)),
        }
    }

    /// An entry changed its most trusted source.
    pub(super) fn recount(&mut self, before: Source, after: Source) {
        self.count(before, -1);
        self.count(after, 1);
    }

    fn count(&mut self, source: Source, change: isize) {
        if let Some(count) = self.by_source.get_mut(source as usize) {
            *count = count.saturating_add_signed(change);
        }
    }

    /// Whether the rules for networks bind here: not on loopback with `--allow-local`.
    pub(super) fn counts_by_prefix(&self, ip: IpAddr) -> bool {
        !(self.allow_local && ip.to_canonical().is_loopback())
    }
}
