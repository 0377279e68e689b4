//! A read is answered at once, or by a task that also sees the asker leave.

use actix::dev::{MessageResponse, OneshotSender};
use actix::{Addr, Context, Message};
use tokio::sync::oneshot;
use wire::{InfoHash, PieceIndex};

use crate::cache::actor::{Cache, Read};
use crate::cache::found::{Found, WaiterId};
use crate::error::StorageError;

/// A reader gave up waiting.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Forget {
    pub(crate) info_hash: InfoHash,
    pub(crate) piece: PieceIndex,
    pub(crate) waiter: WaiterId,
}

/// How a [`Read`] is answered.
pub enum ReadReply {
    /// Known now.
    Now(Result<Found, StorageError>),
    /// Comes through the channel, unless the asker leaves first: then the cache is told to forget.
    Later(oneshot::Receiver<Result<Found, StorageError>>, Addr<Cache>, Forget),
}

impl MessageResponse<Cache, Read> for ReadReply {
    fn handle(
        self,
        _: &mut Context<Cache>,
        asker: Option<OneshotSender<Result<Found, StorageError>>>,
    ) {
        let Some(mut asker) = asker else { return };
        match self {
            // Nobody to tell is nobody's loss, here and below.
            Self::Now(result) => drop(asker.send(result)),
            Self::Later(reply, cache, forget) => drop(actix::spawn(async move {
                tokio::select! {
                    result = reply => {
                        drop(asker.send(result.unwrap_or(Err(StorageError::Restarted))));
                    }
                    () = asker.closed() => cache.do_send(forget),
                }
            })),
        }
    }
}
