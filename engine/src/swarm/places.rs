//! Places for connections, shared by all torrents of the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Connections being dialled at once, in the whole process: home routers fail beyond some dozens.
pub const HALF_OPEN: usize = 100;

/// How many connections there may be, and how many of them half-open. Cheap to clone; every clone
/// counts the same places.
#[derive(Clone, Debug)]
pub struct Places {
    open: Count,
    half_open: Count,
}

/// Taken places and how many there are, changed without a lock.
#[derive(Clone, Debug)]
struct Count(Arc<(AtomicUsize, AtomicUsize)>);

/// One taken place; free again when dropped.
#[derive(Debug)]
pub struct Place(Count);

impl Places {
    /// `connections` places, of which at most [`HALF_OPEN`] are being dialled.
    pub fn new(connections: usize) -> Self {
        let count = |places| Count(Arc::new((AtomicUsize::new(0), AtomicUsize::new(places))));
        Self { open: count(connections), half_open: count(HALF_OPEN) }
    }

    /// Changes how many connections there may be. Those above it stay until they end.
    pub fn resize(&self, connections: usize) {
        self.open.0.1.store(connections, Relaxed);
    }

    /// A place for a connection, if one is free.
    pub fn take(&self) -> Option<Place> {
        self.open.take()
    }

    /// A place for dialling, if one is free: held until the dial is over.
    pub fn take_half_open(&self) -> Option<Place> {
        self.half_open.take()
    }

    /// Whether no place is free.
    pub fn is_full(&self) -> bool {
        self.taken() >= self.open.0.1.load(Relaxed)
    }

    /// Connections that have a place.
    pub fn taken(&self) -> usize {
        self.open.0.0.load(Relaxed)
    }
}

impl Count {
    fn take(&self) -> Option<Place> {
        let (taken, places) = &*self.0;
        let places = places.load(Relaxed);
        let one_more = |taken| (taken < places).then_some(taken + 1);
        taken.fetch_update(Relaxed, Relaxed, one_more).ok().map(|_| Place(self.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_free_again_when_dropped_and_can_be_made_fewer() {
        let places = Places::new(2);
        let held = (places.take(), places.clone().take());
        assert!(held.0.is_some() && places.take().is_none());
        drop(held.1);
        places.resize(1);
        assert!(places.take().is_none() && places.taken() == 1);
        drop(held.0);
        assert!(places.take().is_some());
    }
}
