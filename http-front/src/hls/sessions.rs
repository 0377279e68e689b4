//! Transcode sessions: one playlist from one place in a film, shared by those who want the same.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::hls::rendition::Rendition;

/// Sessions at once, and consumers of one.
const MAX_SESSIONS: usize = 64;
const MAX_CONSUMERS: usize = 64;
/// A session that nobody asked for so long is over: not everybody says goodbye.
const ABANDONED: Duration = Duration::from_secs(600);
/// Positions this close share a session.
const BUCKET: u64 = 10;
/// What should be made before one plays.
const WARM: Duration = Duration::from_secs(8);

/// One film from one place on.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its name: a digest of what is shared.
    pub id: String,
    /// Its video; its sound alone, if it has none.
    pub main: Arc<Rendition>,
    /// The master playlist.
    pub playlist: String,
    /// The sound beside it.
    pub audio: Option<Arc<Rendition>>,
    /// Where it begins.
    pub start: Duration,
    /// When it did.
    pub begun: Instant,
}

/// How far a session is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Progress {
    /// Made so far, from the film's start.
    pub processed: Duration,
    /// Where the session began.
    pub start: Duration,
    /// The film.
    pub total: Duration,
    /// Seconds of film made in a second; 0 until something is made.
    pub speed: f64,
    /// Made of what should be there before one plays, 0 to 1.
    pub warm: f64,
    /// Film that is missing to that.
    pub warm_remaining: Duration,
}

impl Session {
    /// What a session of these is called: `start` in tens of seconds.
    pub fn id_of(main: &Rendition, audio: Option<usize>, start: Duration) -> String {
        let bucket = start.as_secs() / BUCKET;
        let digest = Sha256::digest(format!("{:?}:{audio:?}:{bucket}", main.id));
        data_encoding::HEXLOWER.encode(digest.get(..12).unwrap_or_default())
    }

    /// The beginning of the bucket that `start` lies in.
    pub fn bucket(start: Duration) -> Duration {
        Duration::from_secs(start.as_secs() / BUCKET * BUCKET)
    }

    /// How far it is when its head has come to segment `reached`.
    pub fn progress(&self, reached: Option<usize>, now: Instant) -> Progress {
        let timeline = &self.main.timeline;
        let first = timeline.at(self.start);
        let reached = reached.map_or(first, |reached| reached.max(first));
        let (begin, processed) = (timeline.start(first), timeline.start(reached));
        let made = processed.saturating_sub(begin);
        let warm = WARM.min(timeline.end().saturating_sub(begin)).max(Duration::from_millis(1));
        let elapsed = now.saturating_duration_since(self.begun).max(Duration::from_millis(1));
        Progress {
            processed,
            start: self.start,
            total: timeline.end(),
            speed: made.as_secs_f64() / elapsed.as_secs_f64(),
            warm: (made.as_secs_f64() / warm.as_secs_f64()).min(1.0),
            warm_remaining: warm.saturating_sub(made),
        }
    }
}

struct Live {
    session: Arc<Session>,
    consumers: Vec<String>,
    used: Instant,
}

/// The sessions that somebody wants.
#[derive(Default)]
pub struct Sessions {
    live: BTreeMap<String, Live>,
}

/// There are as many sessions, or consumers of one, as there may be.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

impl Sessions {
    /// Joins `consumer` to the session of this name, or begins it.
    ///
    /// # Errors
    /// [`Full`].
    pub fn join(&mut self, session: Session, consumer: &str, now: Instant) -> Result<(), Full> {
        if self.live.len() >= MAX_SESSIONS && !self.live.contains_key(&session.id) {
            return Err(Full);
        }
        let live = self.live.entry(session.id.clone()).or_insert_with(|| Live {
            session: Arc::new(session),
            consumers: Vec::new(),
            used: now,
        });
        live.used = now;
        if live.consumers.iter().any(|known| known == consumer) {
            return Ok(());
        }
        if live.consumers.len() >= MAX_CONSUMERS {
            return Err(Full);
        }
        live.consumers.push(consumer.to_owned());
        Ok(())
    }

    /// The session of this name, which is in use.
    pub fn get(&mut self, id: &str, now: Instant) -> Option<Arc<Session>> {
        let live = self.live.get_mut(id)?;
        live.used = now;
        Some(Arc::clone(&live.session))
    }

    /// `consumer` leaves; gives whether it was the last, or `None` if there is no such session.
    pub fn leave(&mut self, id: &str, consumer: &str) -> Option<bool> {
        let live = self.live.get_mut(id)?;
        live.consumers.retain(|known| known != consumer);
        let last = live.consumers.is_empty();
        if last {
            self.live.remove(id);
        }
        Some(last)
    }

    /// Drops the sessions that were left without a word; gives their names.
    pub fn abandoned(&mut self, now: Instant) -> Vec<String> {
        let old = |live: &Live| now.saturating_duration_since(live.used) >= ABANDONED;
        let ids = self.live.iter().filter(|(_, live)| old(live)).map(|(id, _)| id.clone());
        let ids: Vec<String> = ids.collect();
        self.live.retain(|_, live| !old(live));
        ids
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.live.len()
    }
}
