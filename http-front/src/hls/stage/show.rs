//! What the stage knows of a rendition and of its heads.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::action::{Action, Refusal, Ticket, Wanted};
use super::{REACH, YIELDS};
use crate::hls::rendition::{Rendition, RenditionId};

/// Somebody who waits.
pub(super) struct Waiting {
    pub(super) wanted: Wanted,
    pub(super) viewer: String,
    pub(super) ticket: Ticket,
    pub(super) since: Instant,
}

/// A head, as far as the stage knows it.
pub(super) struct Head {
    pub(super) id: RenditionId,
    pub(super) encodes: bool,
    /// The segment it makes.
    pub(super) next: usize,
    pub(super) until: usize,
    /// Who follows it, and when they last asked.
    pub(super) viewers: Vec<(String, Instant)>,
}

impl Head {
    pub(super) fn used(&self) -> Option<Instant> {
        self.viewers.iter().map(|(_, at)| *at).max()
    }

    pub(super) fn idle(&self, now: Instant) -> Duration {
        self.used().map_or(Duration::MAX, |used| now.saturating_duration_since(used))
    }

    /// Whether nobody but `viewer`, who goes elsewhere, follows it.
    pub(super) fn is_left_by(&self, viewer: &str, now: Instant) -> bool {
        let mut others = self.viewers.iter().filter(|(known, _)| known != viewer);
        self.viewers.iter().any(|(known, _)| known == viewer)
            && others.all(|(_, at)| now.duration_since(*at) >= YIELDS)
    }

    pub(super) fn reaches(&self, n: usize) -> bool {
        (self.next..=self.next + REACH).contains(&n)
    }
}

/// A rendition that somebody asked for.
pub(super) struct Show {
    pub(super) rendition: Arc<Rendition>,
    pub(super) init: Option<Bytes>,
    pub(super) segments: BTreeMap<usize, (Bytes, Instant)>,
    pub(super) waiting: Vec<Waiting>,
    /// Where ffmpeg failed, and when.
    pub(super) failed: Vec<(usize, Instant)>,
    pub(super) used: Instant,
}

impl Show {
    pub(super) fn new(rendition: &Arc<Rendition>, now: Instant) -> Self {
        Self {
            rendition: Arc::clone(rendition),
            init: None,
            segments: BTreeMap::new(),
            waiting: Vec::new(),
            failed: Vec::new(),
            used: now,
        }
    }

    /// What is kept of what is wanted.
    pub(super) fn kept(&mut self, wanted: Wanted, now: Instant) -> Option<Bytes> {
        match wanted {
            Wanted::Init => self.init.clone(),
            Wanted::Segment(n) => self.segments.get_mut(&n).map(|(bytes, used)| {
                *used = now;
                bytes.clone()
            }),
        }
    }

    /// Answers those who wait for what was made.
    pub(super) fn answer(&mut self, made: Wanted, bytes: &Bytes) -> Vec<Action> {
        let served = self.waiting.extract_if(.., |waiting| waiting.wanted == made);
        served.map(|waiting| Action::Answer(waiting.ticket, bytes.clone())).collect()
    }

    /// Refuses those who wait and are chosen.
    pub(super) fn refuse(
        &mut self,
        why: &Refusal,
        mut choose: impl FnMut(&Waiting) -> bool,
    ) -> Vec<Action> {
        let refused = self.waiting.extract_if(.., |waiting| choose(waiting));
        refused.map(|waiting| Action::Refuse(waiting.ticket, why.clone())).collect()
    }
}
