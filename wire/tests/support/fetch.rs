//! A metadata fetch under test, of an `info` of ten pieces.

#![allow(dead_code)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sha1::{Digest, Sha1};
use wire::{Fetched, InfoHash, MetadataFetch};

/// Bytes of the metadata.
pub(crate) const INFO_LEN: u32 = 9 * 16384 + 100;
/// Pieces of the metadata.
pub(crate) const PIECES: u32 = 10;

pub(crate) struct Fetch {
    pub(crate) fetch: MetadataFetch<u8>,
    pub(crate) now: Instant,
    /// The size each peer claims.
    claims: BTreeMap<u8, u32>,
    /// Who was blamed, in order.
    pub(crate) wrong: Vec<Vec<u8>>,
}

impl Fetch {
    pub(crate) fn with_peers(peers: &[(u8, u32)]) -> Self {
        let now = Instant::now();
        let fetch = MetadataFetch::new(InfoHash(Sha1::digest(info()).into()));
        let mut this = Self { fetch, now, claims: BTreeMap::new(), wrong: Vec::new() };
        peers.iter().for_each(|(key, size)| this.joins(*key, *size));
        this
    }

    /// A peer claims a size.
    pub(crate) fn joins(&mut self, key: u8, size: u32) {
        self.claims.insert(key, size);
        self.fetch.peer(self.now, key, size);
    }

    pub(crate) fn wants(&mut self) -> Vec<(u8, u32)> {
        self.fetch.wants(self.now)
    }

    pub(crate) fn after(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    /// A peer gives a good piece, not the last one missing.
    pub(crate) fn gives(&mut self, key: u8, piece: u32) {
        assert_eq!(self.takes(key, piece, good(piece)), None);
    }

    /// A peer gives a piece, with the size it claims; the whole when that completes it.
    pub(crate) fn takes(&mut self, key: u8, piece: u32, data: Vec<u8>) -> Option<Vec<u8>> {
        let total = self.claims.get(&key).copied().unwrap_or(INFO_LEN);
        match self.fetch.data(self.now, key, piece, total, data.into()) {
            Fetched::More => None,
            Fetched::Complete(whole) => Some(whole.to_vec()),
            Fetched::Wrong(blamed) => {
                self.wrong.push(blamed);
                None
            }
        }
    }

    /// Answers what is asked as `answer` says until the whole is here or nothing is asked for a
    /// minute.
    pub(crate) fn run(&mut self, answer: impl Fn(u8, u32) -> Vec<u8>) -> Option<Vec<u8>> {
        let mut idle = 0;
        while idle < 60 {
            let wants = self.wants();
            idle = if wants.is_empty() { idle + 1 } else { 0 };
            self.after(u64::from(wants.is_empty()));
            for (key, piece) in wants {
                if let Some(whole) = self.takes(key, piece, answer(key, piece)) {
                    return Some(whole);
                }
            }
        }
        None
    }
}

pub(crate) fn info() -> Vec<u8> {
    (0..INFO_LEN).map(|n| (n % 251) as u8).collect()
}

/// A piece as it should be.
pub(crate) fn good(piece: u32) -> Vec<u8> {
    let start = piece as usize * 16384;
    info()[start..start + piece_len(piece)].to_vec()
}

pub(crate) fn piece_len(piece: u32) -> usize {
    (INFO_LEN as usize - piece as usize * 16384).min(16384)
}
