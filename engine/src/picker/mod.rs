//! Which block is asked of which peer: list scheduling by estimated completion.
//!
//! Pure: events and the time in, actions out; no clock, no socket, no actor but in `actor.rs`.
//!
//! | module | concept |
//! | --- | --- |
//! | [`event`] | what the picker hears and says |
//! | [`config`] | its constants |
//! | [`view`] | what it tells of itself |

pub(crate) mod actor;
pub mod config;
pub mod event;
pub mod view;

use std::time::Instant;

use wire::{Bitfield, Geometry};

pub use config::PickerConfig;
pub use event::{Action, CursorId, Event, PeerKey, PieceMemory};
pub use view::{ActivePiece, CursorState, CursorWait, PeerEstimate, WaitReason};

/// Decides which block is asked of which peer, for one torrent.
pub struct Picker {}

#[allow(unused_variables, clippy::todo)]
impl Picker {
    /// A picker that knows no peer and no cursor. `have` is every verified piece, `seed` breaks
    /// ties among equally rare pieces.
    pub fn new(
        geometry: Geometry,
        have: &Bitfield,
        config: PickerConfig,
        seed: u64,
        now: Instant,
    ) -> Self {
        Self {}
    }

    /// Takes one event in and appends what is to be done to `out`.
    pub fn handle(
        &mut self,
        now: Instant,
        event: Event<'_>,
        memory: &mut dyn PieceMemory,
        out: &mut Vec<Action>,
    ) {
        todo!()
    }

    /// Whether [`Event::Tick`] is needed: only while requests are in flight or a cursor is open.
    pub fn wants_tick(&self) -> bool {
        todo!()
    }

    /// Every connected peer.
    pub fn peers(&self, now: Instant) -> Vec<PeerEstimate> {
        todo!()
    }

    /// Every open cursor and what it waits for.
    pub fn cursors(&self) -> Vec<CursorState> {
        todo!()
    }

    /// Every unfinished piece.
    pub fn active_pieces(&self) -> Vec<ActivePiece> {
        todo!()
    }
}
