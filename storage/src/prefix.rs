//! A big piece is hashed along its contiguous prefix while the rest of it arrives: when its last
//! block is there, little is left to hash.

use bytes::Bytes;
use sha1::{Digest, Sha1};
use tokio::sync::oneshot;
use wire::BLOCK_LEN;

use crate::budget::Reservation;

/// Pieces shorter than this are hashed when they are full: that takes 2 ms at most.
pub(crate) const BIG: u32 = 4 * 1024 * 1024;
/// Blocks worth a hasher's turn: 1 MiB.
const RUN: usize = (1024 * 1024 / BLOCK_LEN) as usize;

/// SHA-1 over the first `blocks` blocks of a piece.
#[derive(Clone, Default, Debug)]
pub(crate) struct Midstate {
    hash: Sha1,
    pub(crate) blocks: usize,
}

impl Midstate {
    pub(crate) fn update<'a>(&mut self, blocks: impl IntoIterator<Item = &'a Bytes>) {
        for block in blocks {
            self.hash.update(block);
            self.blocks += 1;
        }
    }

    pub(crate) fn finish(self) -> [u8; 20] {
        self.hash.finalize().into()
    }
}

/// What a hasher gives back: the state after its [`Run`], and the run's room.
type Hashed = (Box<Midstate>, Reservation);

/// How far an unfinished piece is hashed.
#[derive(Debug)]
pub(crate) enum Prefix {
    /// As far as this.
    Known(Box<Midstate>),
    /// A hasher has the next run.
    Out(oneshot::Receiver<Hashed>),
    /// A hasher was lost with it: the piece is to be fetched again.
    Lost,
}

impl Prefix {
    /// The blocks of a run after those already hashed; `None` while one is out, and when there are
    /// less than 1 MiB of them. `contiguous` blocks are there without a gap from the piece's first
    /// on; a run takes its part of `room`, which is whose room the blocks have.
    pub(crate) fn next_run(
        &mut self,
        contiguous: &[Option<Bytes>],
        room: &mut Reservation,
    ) -> Option<Run> {
        if let Self::Out(done) = self {
            match done.try_recv() {
                Err(oneshot::error::TryRecvError::Empty) => return None,
                done => self.take_back(done.ok(), room),
            }
        }
        let Self::Known(state) = self else { return None };
        let blocks = contiguous.get(state.blocks..)?;
        if blocks.len() < RUN {
            return None;
        }
        let blocks: Vec<Bytes> = blocks.iter().flatten().cloned().collect();
        let bytes: usize = blocks.iter().map(Bytes::len).sum();
        let (done, out) = oneshot::channel();
        let run = Run { state: state.clone(), blocks, room: room.split(bytes as u32), done };
        *self = Self::Out(out);
        Some(run)
    }

    /// Waits for the run that is out.
    pub(crate) async fn settle(&mut self, room: &mut Reservation) {
        if let Self::Out(done) = self {
            let done = done.await.ok();
            self.take_back(done, room);
        }
    }

    fn take_back(&mut self, hashed: Option<Hashed>, room: &mut Reservation) {
        *self = match hashed {
            Some((state, part)) => {
                room.join(part);
                Self::Known(state)
            }
            None => Self::Lost,
        };
    }
}

/// Blocks of an unfinished piece, to be hashed on top of those before them. They stay charged to
/// the budget, even when the piece is given up meanwhile.
#[derive(Debug)]
pub struct Run {
    state: Box<Midstate>,
    blocks: Vec<Bytes>,
    /// Of the blocks.
    room: Reservation,
    done: oneshot::Sender<Hashed>,
}

impl Run {
    /// Hashes them, unless the piece was given up. Takes about 0.5 ms a MiB: for a blocking thread.
    pub fn hash(mut self) {
        if !self.done.is_closed() {
            self.state.update(&self.blocks);
            drop(self.blocks);
            // The piece may be given up just now: its room goes with the answer.
            drop(self.done.send((self.state, self.room)));
        }
    }
}
