//! Which piece is asked of whom.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Requests a peer has at a time.
const MAX_OUTSTANDING: usize = 4;
/// A piece not answered for this long is also asked of another.
const SILENCE: Duration = Duration::from_secs(3);
/// A request not answered for this long is made again, of the same peer too.
const LOST: Duration = Duration::from_secs(15);
/// A peer that rejected a piece is not asked for it this long.
const REJECTED: Duration = Duration::from_secs(30);
/// The same where there is nobody else to ask.
const REJECTED_BY_ALL: Duration = Duration::from_secs(5);

/// What one peer was asked for.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// At most [`MAX_OUTSTANDING`] pieces, with the time of asking.
    outstanding: Vec<(u32, Instant)>,
    /// Pieces it rejected, and when; each was asked for.
    rejected: BTreeMap<u32, Instant>,
}

impl Requests {
    pub(super) fn answered(&mut self, piece: u32) {
        self.outstanding.retain(|(asked, _)| *asked != piece);
    }

    pub(super) fn rejected(&mut self, now: Instant, piece: u32) {
        if self.has_asked(piece) {
            self.answered(piece);
            self.rejected.insert(piece, now);
        }
    }

    /// Drops what time has settled.
    pub(super) fn forget(&mut self, now: Instant) {
        self.outstanding.retain(|(_, at)| now < *at + LOST);
        self.rejected.retain(|_, at| now < *at + REJECTED);
    }

    /// When anything of this may lead to a new request.
    pub(super) fn timeouts(&self, alone: bool) -> impl Iterator<Item = Instant> {
        let asked = self.outstanding.iter().flat_map(|(_, at)| [*at + SILENCE, *at + LOST]);
        asked.chain(self.rejected.values().map(move |at| *at + patience(alone)))
    }

    fn has_asked(&self, piece: u32) -> bool {
        self.outstanding.iter().any(|(asked, _)| *asked == piece)
    }

    fn may_ask(&self, now: Instant, piece: u32, alone: bool) -> bool {
        !self.has_asked(piece)
            && self.rejected.get(&piece).is_none_or(|at| now >= *at + patience(alone))
    }

    fn ask(&mut self, now: Instant, piece: u32) {
        self.rejected.remove(&piece);
        self.outstanding.push((piece, now));
    }
}

fn patience(alone: bool) -> Duration {
    if alone { REJECTED_BY_ALL } else { REJECTED }
}

/// Gives each peer up to [`MAX_OUTSTANDING`] pieces nobody is being asked for, a piece a round; who
/// stays idle is asked for one that another has been asked for.
pub(super) fn hand_out<K: Copy>(
    now: Instant,
    missing: impl Iterator<Item = u32>,
    mut peers: Vec<(K, &mut Requests)>,
) -> Vec<(K, u32)> {
    let alone = peers.len() == 1;
    let mut asked = BTreeMap::<u32, u32>::new();
    for (piece, at) in peers.iter().flat_map(|(_, requests)| &requests.outstanding) {
        *asked.entry(*piece).or_insert(0) += u32::from(now < *at + SILENCE);
    }
    let (mut once, mut open) = (Vec::new(), VecDeque::new());
    for piece in missing {
        match asked.get(&piece) {
            None | Some(0) => open.push_back(piece),
            Some(1) => once.push(piece),
            Some(_) => {}
        }
    }
    let mut wants = Vec::new();
    for round in 0..MAX_OUTSTANDING {
        for (key, requests) in &mut peers {
            if requests.outstanding.len() > round {
                continue;
            }
            let may_ask = |piece: &u32| requests.may_ask(now, *piece, alone);
            if let Some(piece) = open.iter().position(may_ask).and_then(|at| open.remove(at)) {
                requests.ask(now, piece);
                once.push(piece);
                wants.push((*key, piece));
            }
        }
    }
    for (key, requests) in peers.iter_mut().filter(|(_, r)| r.outstanding.is_empty()) {
        let may_ask = |piece: &u32| requests.may_ask(now, *piece, alone);
        if let Some(at) = once.iter().position(may_ask) {
            let piece = once.swap_remove(at);
            requests.ask(now, piece);
            wants.push((*key, piece));
        }
    }
    wants
}
