//! Socket to messages: one large read, decoded in place, each block copied once into pooled memory.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use socket2::SockRef;
use storage::pool::BlockPool;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use wire::codec::{Decoder, Frame};
use wire::{BLOCK_LEN, Message, PieceIndex, WireError};

use super::traffic::Traffic;
use super::wake::wake_at;
use crate::limits::TorrentLimits;

/// Bytes asked of the socket at once while blocks flow.
const BUSY_READ: usize = 256 * 1024;
/// Bytes asked of the socket at once while only control messages flow.
const IDLE_READ: usize = 4 * 1024;
/// Batches a reader may have under way to its session: its share of memory outside the budget is
/// bounded by this times [`BUSY_READ`].
const BATCHES: usize = 4;

/// While so few block bytes came from a peer its window is small, and a reader who is about to come
/// would find it waiting for an ACK that is being delayed.
const FIRST_BYTES: u64 = 2 * 1024 * 1024;

/// Blocks that follow each other within it flow.
const CLOSELY: Duration = Duration::from_millis(1);

/// What one read brought, in order.
pub(crate) struct Batch {
    pub(crate) items: Vec<Inbound>,
    /// Payload bytes of blocks in it.
    pub(crate) received: u64,
    /// Gives the reader its credit back when the session is done with the batch.
    pub(crate) _credit: OwnedSemaphorePermit,
}

/// One message, a block's bytes already in pooled memory.
pub(crate) enum Inbound {
    Message(Message),
    Block { piece: PieceIndex, begin: u32, data: Bytes },
}

/// Why reading ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadEnd {
    #[error("the peer closed the connection")]
    Closed,
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Protocol(#[from] WireError),
}

/// Reads until the connection ends; every read's messages go to `deliver` as one batch. Under a
/// download limit it pays for what it read before it reads on.
pub(crate) async fn read_loop(
    mut socket: OwnedReadHalf,
    mut decoder: Decoder,
    pool: BlockPool,
    limits: TorrentLimits,
    traffic: Arc<Traffic>,
    deliver: impl Fn(Batch),
) -> ReadEnd {
    let credits = Arc::new(Semaphore::new(BATCHES));
    let mut buffer = ReadBuffer::default();
    loop {
        let Ok(credit) = credits.clone().acquire_owned().await else { return ReadEnd::Closed };
        let read = match buffer.fill(&mut socket, limits.read_size()).await {
            Ok(0) => return ReadEnd::Closed,
            Ok(read) => read,
            Err(error) => return ReadEnd::Io(error),
        };
        let young = traffic.down() < FIRST_BYTES;
        if young || traffic.waited_on() {
            acknowledge_at_once(socket.as_ref());
        }
        let mut batch = Batch { items: Vec::new(), received: 0, _credit: credit };
        let outcome = decode(&mut buffer, &mut decoder, &pool, &mut batch);
        traffic.add_down(batch.received);
        buffer.adapt(batch.received > 0, young);
        if !batch.items.is_empty() {
            deliver(batch);
        }
        if let Err(error) = outcome {
            return ReadEnd::Protocol(error);
        }
        limits.download(read as u64).await;
    }
}

/// Takes every whole message out of the buffer.
fn decode(
    buffer: &mut ReadBuffer,
    decoder: &mut Decoder,
    pool: &BlockPool,
    batch: &mut Batch,
) -> Result<(), WireError> {
    while let Some((frame, used)) = decoder.decode(buffer.filled())? {
        batch.items.push(match frame {
            Frame::Piece { piece, begin, data } => {
                batch.received += data.len() as u64;
                Inbound::Block { piece, begin, data: pool.copy(data) }
            }
            Frame::Other(message) => Inbound::Message(message),
        });
        buffer.consume(used);
    }
    Ok(())
}

/// On loopback a delayed ACK costs a sender with a small window 40 ms: worth a system call while a
/// player waits or little is asked of it. Failure only means the delay stays.
fn acknowledge_at_once(socket: &TcpStream) {
    let _ = SockRef::from(socket).set_tcp_quickack(true);
}

/// A buffer that is large while blocks flow and small while the peer idles: 200 idle connections
/// must not hold 50 MiB.
#[derive(Default)]
struct ReadBuffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    busy: bool,
    /// What wakes the reader, as the kernel knows it.
    wake: Wake,
}

/// When a read is worth its while: a wake-up costs more than copying a block, and there is one for
/// each segment, of which a block has two on loopback and a dozen elsewhere; and each read wakes its
/// session, the picker and the writer in turn.
#[derive(Default)]
struct Wake {
    /// Received bytes from which on the kernel wakes the reader; 0 before it was told.
    at: usize,
    /// When blocks were read last.
    last_block: Option<Instant>,
    /// Bytes waited for, if not for long, while blocks follow each other closely; 0 while they don't.
    flow: usize,
}

impl Wake {
    /// A block with its header.
    const BLOCK: usize = 13 + BLOCK_LEN as usize;
    /// What is waited for of a peer that brings so much within [`CLOSELY`].
    const MOST: usize = BUSY_READ / 2;

    /// Bytes to wait for when `filled` is all there is.
    fn want(&self, filled: &[u8]) -> usize {
        match self.flow {
            0 => Decoder::missing(filled).min(BUSY_READ),
            flow => flow.saturating_sub(filled.len()).max(1),
        }
    }

    /// A read brought blocks or did not. A `young` peer was asked for few: the last of them would
    /// wait for others that are not to come.
    fn read(&mut self, now: Instant, blocks: bool, young: bool) {
        let before = if blocks { self.last_block.replace(now) } else { None };
        let flows = before.is_some_and(|before| now - before < CLOSELY);
        let most = if young { Self::BLOCK } else { Self::MOST };
        self.flow = if flows { (self.flow * 2).clamp(Self::BLOCK, most) } else { 0 };
    }
}

impl ReadBuffer {
    fn filled(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    fn consume(&mut self, used: usize) {
        self.start = (self.start + used).min(self.end);
    }

    /// Makes room behind what is left over and reads once, at most `most` bytes.
    async fn fill(&mut self, socket: &mut OwnedReadHalf, most: Option<usize>) -> io::Result<usize> {
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let want = if self.busy { BUSY_READ } else { IDLE_READ };
        let room = self.end + want.max(self.end);
        if self.bytes.len() < room {
            self.bytes.resize(room.min(BUSY_READ + self.end), 0);
        }
        let end = most.map_or(self.bytes.len(), |most| self.bytes.len().min(self.end + most));
        loop {
            self.wait(socket).await?;
            match socket.try_read(self.bytes.get_mut(self.end..end).unwrap_or_default()) {
                Ok(read) => {
                    self.end += read;
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Until there is something worth reading. What is no block waits behind a flow of blocks for a
    /// millisecond or two.
    async fn wait(&mut self, socket: &mut OwnedReadHalf) -> io::Result<()> {
        let want = self.wake.want(self.filled());
        if want != self.wake.at && wake_at(socket.as_ref().as_fd(), want).is_ok() {
            self.wake.at = want;
        }
        if self.wake.flow == 0 {
            return socket.readable().await;
        }
        match timeout(CLOSELY, socket.readable()).await {
            Ok(ready) => ready,
            Err(_) => {
                self.wake.flow = 0;
                Ok(())
            }
        }
    }

    /// Grows with the first block, shrinks when a read brought none and nothing is left over.
    fn adapt(&mut self, blocks: bool, young: bool) {
        self.wake.read(Instant::now(), blocks, young);
        self.busy = blocks || self.end - self.start > IDLE_READ;
        if !self.busy && self.start == self.end && self.bytes.len() > 2 * IDLE_READ {
            self.bytes = Vec::new();
            (self.start, self.end) = (0, 0);
        }
    }
}
