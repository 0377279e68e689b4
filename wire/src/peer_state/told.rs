//! How far a peer is with saying which pieces it has: BITFIELD, HAVE ALL or HAVE NONE come once and
//! first (BEP 3, BEP 6), but for aria2, which later sends a BITFIELD in place of many HAVEs.

use crate::Message;

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Told {
    /// It may still say it.
    NotYet,
    /// It spoke of other things first: now it is too late.
    Never,
    /// It has said it, and nothing that matters since.
    JustNow,
    /// It has said it and talked since: a BITFIELD now stands for HAVEs.
    Before,
}

impl Told {
    /// Behind `message`.
    pub(super) fn after(self, message: &Message) -> Self {
        match (self, message) {
            (Self::NotYet, Message::Bitfield(_) | Message::HaveAll | Message::HaveNone) => {
                Self::JustNow
            }
            (told, message) if goes_before_bitfield(message) => told,
            (told, _) => told.after_talk(),
        }
    }

    /// Behind any message but those of the opening.
    pub(super) fn after_talk(self) -> Self {
        match self {
            Self::NotYet | Self::Never => Self::Never,
            Self::JustNow | Self::Before => Self::Before,
        }
    }
}

/// Messages clients send before their bitfield though BEP 3 wants it first.
fn goes_before_bitfield(message: &Message) -> bool {
    matches!(
        message,
        Message::KeepAlive | Message::Port(_) | Message::Extended { .. } | Message::Unknown(_)
    )
}
