//! What is wanted of the stage, and what it has done.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::hls::rendition::Rendition;

/// A run of ffmpeg.
pub type HeadId = u64;
/// A request that is to be answered.
pub type Ticket = u64;

/// What is wanted of a rendition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// The init section.
    Init,
    /// A segment.
    Segment(usize),
}

/// Why a request is not served.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The viewer went elsewhere, or it takes too long: whoever still wants it asks again.
    Late,
    /// All places are taken; one may be free after this.
    TooMany(Duration),
    /// ffmpeg failed twice at it; its words.
    Failed(String),
}

/// What is to be done.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Run ffmpeg from segment `from` on; it may make what lies before `until`.
    Start {
        /// Its name from now on.
        head: HeadId,
        /// What it makes.
        rendition: Arc<Rendition>,
        /// Its first segment.
        from: usize,
        /// Where it waits.
        until: usize,
    },
    /// Let a head go on.
    Allow {
        /// Which.
        head: HeadId,
        /// Where it waits now.
        until: usize,
    },
    /// End a head.
    Stop(HeadId),
    /// Answer a request.
    Answer(Ticket, Bytes),
    /// Refuse one.
    Refuse(Ticket, Refusal),
}
