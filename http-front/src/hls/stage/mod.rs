//! Which heads run for whom, and what is kept: pure decisions over all renditions.
//!
//! A segment that is kept is served. One that a head is about to make is waited for. Else the
//! viewer's head is stopped, unless others follow it too, and one starts there.

//!
//! | module | concept |
//! | --- | --- |
//! | this one | the decisions |
//! | `action` | what is wanted, and what is to be done |
//! | `show` | a rendition and its heads |

mod action;
mod show;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use self::show::{Head, Show, Waiting};
use crate::hls::rendition::{Rendition, RenditionId};

pub use self::action::{Action, HeadId, Refusal, Ticket, Wanted};

/// Segments made ahead of the one that is wanted.
const AHEAD: usize = 4;
/// A segment so far ahead of a head is waited for; beyond, a new head is sooner there.
const REACH: usize = 6;
/// A head that nobody asked for anything for so long is stopped.
const IDLE: Duration = Duration::from_secs(30);
/// One that was not asked for so long makes room when all places are taken: a player with a full
/// buffer asks once a segment.
const YIELDS: Duration = Duration::from_secs(12);
/// Segments kept, of all renditions together.
const KEPT_BYTES: usize = 64 << 20;
/// A rendition that nobody asks for is forgotten.
const FORGET: Duration = Duration::from_secs(600);
/// How long a request waits at most; whoever asked has been answered by then.
const STALE: Duration = Duration::from_secs(30);
/// Heads that encode no video: they cost little, but they are processes.
const MAX_COPIES: usize = 32;
/// Viewers remembered of one head.
const MAX_VIEWERS: usize = 64;

/// The state of all renditions.
#[derive(Default)]
pub struct Stage {
    shows: HashMap<RenditionId, Show>,
    heads: BTreeMap<HeadId, Head>,
    last_head: HeadId,
}

impl Stage {
    /// Somebody wants a part of a rendition. `encoders` heads may encode video at once.
    pub fn want(
        &mut self,
        rendition: &Arc<Rendition>,
        wanted: Wanted,
        viewer: &str,
        ticket: Ticket,
        encoders: usize,
        now: Instant,
    ) -> Vec<Action> {
        let id = rendition.id;
        let show = self.shows.entry(id).or_insert_with(|| Show::new(rendition, now));
        show.used = now;
        let kept = show.kept(wanted, now);
        let mut actions = Vec::new();
        if let Some(head) = self.head_for(id, wanted, kept.is_some()) {
            self.follow(head, wanted, viewer, now, &mut actions);
        } else if kept.is_none() {
            let from = if let Wanted::Segment(n) = wanted { n } else { 0 };
            if let Err(wait) = self.begin(id, from, viewer, encoders, now, &mut actions) {
                actions.push(Action::Refuse(ticket, Refusal::TooMany(wait)));
                return actions;
            }
        }
        match (kept, self.shows.get_mut(&id)) {
            (Some(bytes), _) => actions.push(Action::Answer(ticket, bytes)),
            (None, Some(show)) => {
                let viewer = viewer.to_owned();
                show.waiting.push(Waiting { wanted, viewer, ticket, since: now });
            }
            (None, None) => {}
        }
        actions
    }

    /// The head that is about to make what is wanted, or, if that is kept, is a little ahead of it.
    fn head_for(&self, id: RenditionId, wanted: Wanted, kept: bool) -> Option<HeadId> {
        let near = |head: &Head| match wanted {
            Wanted::Init => true,
            Wanted::Segment(n) => {
                head.reaches(n) || (kept && (n..=n + AHEAD + 1).contains(&head.next))
            }
        };
        let mine = self.heads.iter().filter(|(_, head)| head.id == id && near(head));
        mine.max_by_key(|(_, head)| head.next).map(|(id, _)| *id)
    }

    fn follow(
        &mut self,
        id: HeadId,
        wanted: Wanted,
        viewer: &str,
        now: Instant,
        actions: &mut Vec<Action>,
    ) {
        let Some(head) = self.heads.get_mut(&id) else {
            return;
        };
        head.viewers.retain(|(known, at)| known != viewer && now.duration_since(*at) < IDLE);
        head.viewers.truncate(MAX_VIEWERS - 1);
        head.viewers.push((viewer.to_owned(), now));
        if let Wanted::Segment(n) = wanted
            && n + 1 + AHEAD > head.until
        {
            head.until = n + 1 + AHEAD;
            actions.push(Action::Allow { head: id, until: head.until });
        }
    }

    /// Starts a head for a viewer, if there is a place; else how long until there may be one.
    fn begin(
        &mut self,
        id: RenditionId,
        from: usize,
        viewer: &str,
        encoders: usize,
        now: Instant,
        actions: &mut Vec<Action>,
    ) -> Result<(), Duration> {
        // One film at a time, and of that one place in each rendition.
        let left = self.heads_of(|head| {
            let elsewhere = head.id == id || head.id.file != id.file;
            elsewhere && head.is_left_by(viewer, now)
        });
        for head in left {
            self.stop(head, actions);
        }
        let Some(show) = self.shows.get_mut(&id) else {
            return Ok(());
        };
        actions.extend(show.refuse(&Refusal::Late, |waiting| waiting.viewer == viewer));
        let encodes = show.rendition.encodes_video();
        let places = if encodes { encoders } else { MAX_COPIES };
        self.make_room(encodes, places, now, actions)?;
        self.start(id, from, vec![(viewer.to_owned(), now)], actions);
        Ok(())
    }

    /// A free place among the heads that encode video, or among the others; how long until there
    /// may be one.
    fn make_room(
        &mut self,
        encodes: bool,
        places: usize,
        now: Instant,
        actions: &mut Vec<Action>,
    ) -> Result<(), Duration> {
        let same = self.heads.iter().filter(|(_, head)| head.encodes == encodes);
        if same.clone().count() < places {
            return Ok(());
        }
        let idlest = same.max_by_key(|(_, head)| head.idle(now));
        match idlest.map(|(id, head)| (*id, head.idle(now))) {
            Some((id, idle)) if idle >= YIELDS => {
                self.stop(id, actions);
                Ok(())
            }
            Some((_, idle)) => Err(YIELDS.saturating_sub(idle)),
            None => Err(YIELDS),
        }
    }

    fn start(
        &mut self,
        id: RenditionId,
        from: usize,
        viewers: Vec<(String, Instant)>,
        actions: &mut Vec<Action>,
    ) {
        let Some(show) = self.shows.get(&id) else {
            return;
        };
        self.last_head += 1;
        let (head, until) = (self.last_head, from + 1 + AHEAD);
        let (rendition, encodes) = (Arc::clone(&show.rendition), show.rendition.encodes_video());
        self.heads.insert(head, Head { id, encodes, next: from, until, viewers });
        actions.push(Action::Start { head, rendition, from, until });
    }

    fn stop(&mut self, head: HeadId, actions: &mut Vec<Action>) {
        self.heads.remove(&head);
        actions.push(Action::Stop(head));
    }

    fn heads_of(&self, choose: impl Fn(&Head) -> bool) -> Vec<HeadId> {
        let chosen = self.heads.iter().filter(|(_, head)| choose(head));
        chosen.map(|(id, _)| *id).collect()
    }

    /// A head wrote its init section: that of every head of the rendition.
    pub fn init(&mut self, head: HeadId, bytes: Bytes) -> Vec<Action> {
        let Some(show) = self.show_of(head) else {
            return Vec::new();
        };
        let init = show.init.get_or_insert(bytes).clone();
        show.answer(Wanted::Init, &init)
    }

    /// A head made its next segment.
    pub fn made(&mut self, head: HeadId, n: usize, bytes: Bytes, now: Instant) -> Vec<Action> {
        if let Some(head) = self.heads.get_mut(&head) {
            head.next = n + 1;
        }
        let Some(show) = self.show_of(head) else {
            return Vec::new();
        };
        show.failed.retain(|(failed, _)| *failed != n);
        show.segments.insert(n, (bytes.clone(), now));
        let actions = show.answer(Wanted::Segment(n), &bytes);
        self.keep_within(KEPT_BYTES);
        actions
    }

    fn show_of(&mut self, head: HeadId) -> Option<&mut Show> {
        let id = self.heads.get(&head)?.id;
        self.shows.get_mut(&id)
    }

    /// Drops the segments that nobody asked for longest.
    fn keep_within(&mut self, limit: usize) {
        loop {
            let all = self.shows.iter().flat_map(|(id, show)| {
                show.segments.iter().map(|(n, (bytes, used))| (*id, *n, bytes.len(), *used))
            });
            let total: usize = all.clone().map(|(_, _, len, _)| len).sum();
            let oldest = all.min_by_key(|(_, n, _, used)| (*used, *n));
            match oldest {
                Some((id, n, ..)) if total > limit => {
                    self.shows.get_mut(&id).and_then(|show| show.segments.remove(&n));
                }
                _ => return,
            }
        }
    }

    /// A head's ffmpeg is gone, before segment `next` was whole. Who waits gets one more try; what
    /// comes the second time is all there is.
    pub fn ended(
        &mut self,
        head: HeadId,
        next: usize,
        rest: Option<Bytes>,
        why: String,
        now: Instant,
    ) -> Vec<Action> {
        let Some(Head { id, viewers, .. }) = self.heads.remove(&head) else {
            return Vec::new();
        };
        let Some(show) = self.shows.get_mut(&id) else {
            return Vec::new();
        };
        let mut actions = Vec::new();
        let is_last = next + 1 == show.rendition.timeline.count();
        let again = show.failed.iter().any(|(n, _)| *n == next);
        if let Some(bytes) = rest.filter(|_| is_last || again) {
            show.segments.insert(next, (bytes.clone(), now));
            actions.extend(show.answer(Wanted::Segment(next), &bytes));
        }
        let others: Vec<&Head> = self.heads.values().filter(|head| head.id == id).collect();
        let orphan = |wanted: &Wanted| match wanted {
            Wanted::Init => others.is_empty(),
            Wanted::Segment(n) => !others.iter().any(|head| head.reaches(*n)),
        };
        let orphans = show.waiting.iter().map(|waiting| waiting.wanted).filter(orphan);
        let first = orphans.clone().map(|wanted| match wanted {
            Wanted::Init => next,
            Wanted::Segment(n) => n,
        });
        let Some(first) = first.min() else {
            return actions;
        };
        if again || first >= show.rendition.timeline.count() {
            let lost: Vec<Wanted> = orphans.collect();
            tracing::warn!(?id, next, why, "ffmpeg failed twice");
            let failed = Refusal::Failed(why);
            actions.extend(show.refuse(&failed, |waiting| lost.contains(&waiting.wanted)));
            return actions;
        }
        show.failed.push((next, now));
        tracing::info!(?id, next, why, "ffmpeg ended early; once more");
        self.start(id, first, viewers, &mut actions);
        actions
    }

    /// A viewer leaves: the heads that nobody else follows end, and what they made is dropped.
    pub fn release(&mut self, viewer: &str) -> Vec<Action> {
        let mut actions = Vec::new();
        for head in self.heads.values_mut() {
            head.viewers.retain(|(known, _)| known != viewer);
        }
        let left: Vec<(HeadId, RenditionId)> = self
            .heads
            .iter()
            .filter(|(_, head)| head.viewers.is_empty())
            .map(|(head, of)| (*head, of.id))
            .collect();
        for (head, id) in left {
            self.stop(head, &mut actions);
            if self.heads_of(|head| head.id == id).is_empty() {
                self.shows.remove(&id);
            }
        }
        actions
    }

    /// Time passes: idle heads end, what nobody wants is forgotten.
    pub fn tick(&mut self, now: Instant) -> Vec<Action> {
        let mut actions = Vec::new();
        for head in self.heads_of(|head| head.idle(now) >= IDLE) {
            self.stop(head, &mut actions);
        }
        for show in self.shows.values_mut() {
            actions.extend(
                show.refuse(&Refusal::Late, |waiting| now.duration_since(waiting.since) >= STALE),
            );
            show.failed.retain(|(_, at)| now.duration_since(*at) < IDLE);
        }
        let heads = &self.heads;
        self.shows.retain(|id, show| {
            let running = heads.values().any(|head| head.id == *id);
            running || now.duration_since(show.used) < FORGET
        });
        actions
    }

    /// The segment that the head of a viewer makes of a rendition, else the one behind the last
    /// that is kept.
    pub fn reached(&self, id: RenditionId, viewer: &str) -> Option<usize> {
        let follows = |head: &&Head| head.viewers.iter().any(|(known, _)| known == viewer);
        let heads = self.heads.values().filter(|head| head.id == id);
        let kept = self.shows.get(&id).and_then(|show| show.segments.keys().next_back());
        heads.filter(follows).map(|head| head.next).max().or(kept.map(|last| last + 1))
    }

    /// Heads that encode video.
    pub fn encoding(&self) -> usize {
        self.heads.values().filter(|head| head.encodes).count()
    }
}
