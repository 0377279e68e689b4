//! Metadata fetched from an honest peer and from others that do what they like.

use std::time::{Duration, Instant};

use bytes::Bytes;
use sha1::{Digest, Sha1};

use crate::{Fetched, InfoHash, MetadataFetch};

/// The peer that tells the truth; the others are 1 to 4.
const HONEST: u8 = 0;
/// Bytes of the metadata: four pieces.
const SIZE: u32 = 3 * 16384 + 100;
/// Sizes the others claim.
const CLAIMS: [u32; 4] = [SIZE, SIZE + 1, 20_000, 0];

struct Lab {
    fetch: MetadataFetch<u8>,
    info: Vec<u8>,
    now: Instant,
    /// Requests made and not answered.
    asked: Vec<(u8, u32)>,
    /// The size each peer claimed last.
    claims: [u32; 5],
    done: bool,
}

impl Lab {
    fn claim(&mut self, key: u8, size: u32) {
        if let Some(claim) = self.claims.get_mut(usize::from(key)) {
            *claim = size;
        }
        self.fetch.peer(self.now, key, size);
    }

    /// Asks what is to be asked. Nobody has more than four requests within the time in which one
    /// is taken for lost.
    fn ask(&mut self) {
        let wants = self.fetch.wants(self.now);
        assert!((0..5).all(|key| wants.iter().filter(|(k, _)| *k == key).count() <= 4));
        assert!(!self.done || wants.is_empty());
        self.asked.extend(wants);
        assert!(self.fetch.next_timeout().is_none_or(|at| at > self.now));
    }

    /// What was asked of a peer first.
    fn take(&mut self, key: u8) -> Option<u32> {
        let at = self.asked.iter().position(|(k, _)| *k == key)?;
        Some(self.asked.remove(at).1)
    }

    fn answer(&mut self, key: u8, piece: u32, truth: bool) {
        let total = self.claims.get(usize::from(key)).copied().unwrap_or_default();
        let start = piece.saturating_mul(16384);
        let length = total.saturating_sub(start).min(16384) as usize;
        let good = self.info.get(start as usize..).unwrap_or_default();
        let data = match truth {
            true => Bytes::copy_from_slice(good.get(..length).unwrap_or(good)),
            false => vec![0xee; length].into(),
        };
        match self.fetch.data(self.now, key, piece, total, data) {
            Fetched::More => {}
            Fetched::Complete(whole) => {
                assert!(whole == self.info && !self.done);
                self.done = true;
            }
            Fetched::Wrong(blamed) => assert!(!blamed.contains(&HONEST)),
        }
    }
}

/// Whatever the others do, only the right bytes come out, the honest peer is never blamed, and when
/// it stays they do come out. `data` is a script of three bytes a step.
pub fn metadata_fetch(data: &[u8]) {
    let info: Vec<u8> = (0..SIZE).map(|n| (n % 251) as u8).collect();
    let mut lab = Lab {
        fetch: MetadataFetch::new(InfoHash(Sha1::digest(&info).into())),
        info,
        now: Instant::now(),
        asked: Vec::new(),
        claims: [0; 5],
        done: false,
    };
    let (steps, _) = data.as_chunks::<3>();
    for &[op, key, arg] in steps {
        let key = key % 5;
        match op % 7 {
            0 if key == HONEST => lab.claim(key, SIZE),
            0 => lab.claim(key, CLAIMS.get(usize::from(arg % 4)).copied().unwrap_or(SIZE)),
            1 => {
                lab.fetch.left(key);
                lab.asked.retain(|(k, _)| *k != key);
            }
            2 | 3 => {
                if let Some(piece) = lab.take(key) {
                    lab.answer(key, piece, key == HONEST || arg % 3 > 0);
                }
            }
            4 => {
                if let Some(piece) = lab.take(key) {
                    lab.fetch.rejected(lab.now, key, piece);
                }
            }
            5 => lab.now += Duration::from_millis(u64::from(arg) * 100),
            _ if key != HONEST => lab.answer(key, u32::from(arg % 6), arg & 64 == 0),
            _ => {}
        }
        lab.ask();
    }
    lab.fetch.left(HONEST);
    lab.asked.retain(|(key, _)| *key != HONEST);
    lab.claim(HONEST, SIZE);
    let lies = data.first().is_some_and(|first| first & 128 != 0);
    for _ in 0..1000 {
        lab.ask();
        for (key, piece) in std::mem::take(&mut lab.asked) {
            if key == HONEST || lies {
                lab.answer(key, piece, key == HONEST);
            }
        }
        if lab.done {
            return;
        }
        lab.now = lab.fetch.next_timeout().unwrap_or(lab.now + Duration::from_secs(1));
    }
    assert!(lab.done, "an honest peer stayed, and the metadata did not come");
}
