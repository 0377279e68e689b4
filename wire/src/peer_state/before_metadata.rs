//! The time before the metadata is known (BEP 9): what the peer says of its pieces can't be checked
//! yet and is kept.

use std::time::Instant;

use super::{Action, CloseReason, MAX_EARLY, PeerState};
use crate::{Bitfield, Geometry, Message};

impl PeerState {
    /// Keeps a message for later. There is at most one BITFIELD among them, by its own rule, and
    /// that within the decoder's limit.
    pub(super) fn remember(&mut self, message: Message) -> Result<(), CloseReason> {
        if self.early.len() >= MAX_EARLY {
            return Err(CloseReason::Flood);
        }
        self.early.push(message);
        Ok(())
    }

    /// The metadata is here: what was kept is heard now, in the order it came.
    pub(super) fn on_geometry(
        &mut self,
        now: Instant,
        geometry: Geometry,
        out: &mut Vec<Action>,
    ) -> Result<(), CloseReason> {
        if self.geometry.is_some() {
            return Ok(());
        }
        self.geometry = Some(geometry);
        self.theirs = Bitfield::none(geometry.pieces());
        self.ours = Bitfield::none(geometry.pieces());
        std::mem::take(&mut self.early)
            .into_iter()
            .try_for_each(|message| self.on_message_in_turn(now, message, out))
    }
}

/// Whether a message is about pieces the peer has, and so waits for the metadata. `lt_donthave` is
/// told apart where extended messages are read.
pub(super) fn is_about_pieces(message: &Message) -> bool {
    matches!(
        message,
        Message::Have(_)
            | Message::Bitfield(_)
            | Message::HaveAll
            | Message::HaveNone
            | Message::AllowedFast(_)
    )
}
