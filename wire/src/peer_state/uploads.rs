//! Blocks the peer asked us for.

use std::collections::VecDeque;

use crate::{BlockRequest, PieceIndex};

/// Requests a peer may have waiting, the `reqq` other clients assume (HOSTILE 27).
pub const MAX_QUEUED_REQUESTS: usize = 250;

#[derive(Debug, Default)]
pub(super) struct Uploads {
    queue: VecDeque<BlockRequest>,
    /// Pieces served though we choke; as few as we granted.
    allowed_fast: Vec<PieceIndex>,
}

impl Uploads {
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.queue.len() >= MAX_QUEUED_REQUESTS
    }

    pub(super) fn contains(&self, request: &BlockRequest) -> bool {
        self.queue.contains(request)
    }

    pub(super) fn push(&mut self, request: BlockRequest) {
        self.queue.push_back(request);
    }

    /// Takes a request out; `false` when it is not (any more) there.
    pub(super) fn remove(&mut self, request: &BlockRequest) -> bool {
        match self.queue.iter().position(|queued| queued == request) {
            Some(at) => self.queue.remove(at).is_some(),
            None => false,
        }
    }

    /// Grants a piece; `false` when it was granted before.
    pub(super) fn allow_fast(&mut self, piece: PieceIndex) -> bool {
        let news = !self.allowed_fast.contains(&piece);
        if news {
            self.allowed_fast.push(piece);
        }
        news
    }

    pub(super) fn is_allowed_fast(&self, piece: PieceIndex) -> bool {
        self.allowed_fast.contains(&piece)
    }

    /// Takes out what was asked of one piece.
    pub(super) fn take_piece(&mut self, piece: PieceIndex) -> VecDeque<BlockRequest> {
        let (taken, kept): (VecDeque<_>, VecDeque<_>) =
            self.queue.drain(..).partition(|request| request.piece == piece);
        self.queue = kept;
        taken
    }

    /// Takes out everything a choke ends: all but the pieces granted.
    pub(super) fn choke(&mut self) -> VecDeque<BlockRequest> {
        let granted = &self.allowed_fast;
        let (kept, dropped): (VecDeque<_>, VecDeque<_>) =
            self.queue.drain(..).partition(|request| granted.contains(&request.piece));
        self.queue = kept;
        dropped
    }
}
