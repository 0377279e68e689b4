//! Messages to socket: whatever is queued goes out in as few writes as it fits; under an upload
//! limit blocks wait for their turn, and control messages pass them.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::traffic::Traffic;
use crate::limits::TorrentLimits;

/// Messages queued to one peer, and bytes of them (`HOSTILE.md` 27). A peer that lets either fill
/// up does not read: it is closed.
const QUEUE: usize = 512;
pub(crate) const SEND_BUFFER: usize = 4 * 1024 * 1024;
/// Runs of bytes handed to one `writev`.
const VECTORS: usize = 64;
/// A peer that takes not one byte for this long does not read.
const STALLED: Duration = Duration::from_secs(60);

/// What a session sends.
pub(crate) enum Outgoing {
    /// Messages that are no blocks, one after the other.
    Control(Bytes),
    /// A PIECE message: its header, and the block in one or more runs.
    Block { header: Bytes, runs: Vec<Bytes> },
}

impl Outgoing {
    fn len(&self) -> usize {
        match self {
            Self::Control(bytes) => bytes.len(),
            Self::Block { header, runs } => header.len() + payload(runs),
        }
    }
}

fn payload(runs: &[Bytes]) -> usize {
    runs.iter().map(Bytes::len).sum()
}

/// The session's end of the queue.
pub(crate) struct Outbox {
    sender: mpsc::Sender<Outgoing>,
    /// Bytes queued and not written.
    bytes: Arc<AtomicUsize>,
}

/// The writer's end of the queue.
pub(crate) struct Queue {
    receiver: mpsc::Receiver<Outgoing>,
    bytes: Arc<AtomicUsize>,
}

/// The peer does not read what it is sent.
#[derive(Debug)]
pub(crate) struct Full;

/// A queue to one peer, empty.
pub(crate) fn outbox() -> (Outbox, Queue) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let bytes = Arc::new(AtomicUsize::new(0));
    (Outbox { sender, bytes: bytes.clone() }, Queue { receiver, bytes })
}

impl Outbox {
    /// Queues something; one message alone may be larger than the cap.
    pub(crate) fn push(&self, outgoing: Outgoing) -> Result<(), Full> {
        let len = outgoing.len();
        let queued = self.bytes.fetch_add(len, Relaxed);
        if queued > 0 && queued + len > SEND_BUFFER {
            return Err(Full);
        }
        self.sender.try_send(outgoing).map_err(|_| Full)
    }
}

/// What was taken out of the queue and is not written yet.
#[derive(Default)]
struct Backlog {
    control: Vec<Bytes>,
    blocks: VecDeque<(Bytes, Vec<Bytes>)>,
}

impl Backlog {
    fn add(&mut self, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Control(bytes) => self.control.push(bytes),
            Outgoing::Block { header, runs } => self.blocks.push_back((header, runs)),
        }
    }

    fn is_empty(&self) -> bool {
        self.control.is_empty() && self.blocks.is_empty()
    }
}

/// Writes until the queue closes or the socket fails. `flushed` hears how many blocks have left, so
/// that the session sends the next.
pub(crate) async fn write_loop(
    socket: OwnedWriteHalf,
    queue: Queue,
    limits: TorrentLimits,
    traffic: Arc<Traffic>,
    flushed: impl Fn(usize),
) -> io::Result<()> {
    let mut writer = Writer { socket, queue, backlog: Backlog::default(), out: Vec::new() };
    while writer.fetch().await {
        let limited = limits.upload_rate().is_some();
        let blocks = writer.next_blocks(if limited { 1 } else { VECTORS });
        if blocks.is_empty() || limited {
            writer.write_control().await?;
        }
        if blocks.is_empty() {
            continue;
        }
        let bytes: usize = blocks.iter().map(|(_, runs)| payload(runs)).sum();
        writer.pay(&limits, bytes as u64).await?;
        let count = blocks.len();
        writer.write_blocks(blocks).await?;
        traffic.add_up(bytes as u64);
        flushed(count);
    }
    writer.socket.shutdown().await
}

struct Writer {
    socket: OwnedWriteHalf,
    queue: Queue,
    backlog: Backlog,
    /// Being written; kept for its memory.
    out: Vec<Bytes>,
}

impl Writer {
    /// Takes over what is queued, and waits for it when nothing is left to do; `false` at the end.
    async fn fetch(&mut self) -> bool {
        if self.backlog.is_empty() {
            match self.queue.receiver.recv().await {
                Some(first) => self.backlog.add(first),
                None => return false,
            }
        }
        while let Ok(more) = self.queue.receiver.try_recv() {
            self.backlog.add(more);
        }
        true
    }

    /// Takes blocks out of the backlog, as many runs as fit into one write.
    fn next_blocks(&mut self, runs: usize) -> Vec<(Bytes, Vec<Bytes>)> {
        let (mut blocks, mut taken) = (Vec::new(), 0);
        while let Some(block) = self.backlog.blocks.pop_front() {
            taken += 1 + block.1.len();
            blocks.push(block);
            if taken >= runs {
                break;
            }
        }
        blocks
    }

    /// Waits until the blocks may go; control messages that come in the meantime go at once.
    async fn pay(&mut self, limits: &TorrentLimits, bytes: u64) -> io::Result<()> {
        let mut paying = pin!(limits.upload(bytes));
        let mut open = true;
        loop {
            tokio::select! {
                biased;
                () = &mut paying => return Ok(()),
                more = self.queue.receiver.recv(), if open => match more {
                    Some(more) => {
                        self.backlog.add(more);
                        self.write_control().await?;
                    }
                    None => open = false,
                },
            }
        }
    }

    async fn write_control(&mut self) -> io::Result<()> {
        self.out.append(&mut self.backlog.control);
        self.write_out().await
    }

    async fn write_blocks(&mut self, blocks: Vec<(Bytes, Vec<Bytes>)>) -> io::Result<()> {
        self.out.append(&mut self.backlog.control);
        for (header, runs) in blocks {
            self.out.push(header);
            self.out.extend(runs);
        }
        self.write_out().await
    }

    async fn write_out(&mut self) -> io::Result<()> {
        let bytes: usize = self.out.iter().map(Bytes::len).sum();
        write_all(&self.socket, &mut self.out).await?;
        self.out.clear();
        self.queue.bytes.fetch_sub(bytes, Relaxed);
        Ok(())
    }
}

async fn write_all(socket: &OwnedWriteHalf, out: &mut [Bytes]) -> io::Result<()> {
    let mut done = 0;
    while let Some(rest) = out.get_mut(done..).filter(|rest| !rest.is_empty()) {
        let slices: Vec<IoSlice<'_>> =
            rest.iter().take(VECTORS).map(|bytes| IoSlice::new(bytes)).collect();
        let mut written = match socket.try_write_vectored(&slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let stalled = || io::Error::new(io::ErrorKind::TimedOut, "it does not read");
                timeout(STALLED, socket.writable()).await.map_err(|_| stalled())??;
                continue;
            }
            Err(error) => return Err(error),
        };
        for bytes in rest {
            let taken = written.min(bytes.len());
            bytes.advance(taken);
            written -= taken;
            if !bytes.is_empty() {
                break;
            }
            done += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_27_a_queue_is_bounded_in_bytes_but_takes_one_large_message() {
        let (outbox, _queue) = outbox();
        let control = |len| Outgoing::Control(Bytes::from(vec![0; len]));
        assert!(outbox.push(control(SEND_BUFFER + 1)).is_ok());
        assert!(outbox.push(control(1)).is_err());
    }

    #[test]
    fn hostile_27_a_queue_is_bounded_in_messages() {
        let (outbox, _queue) = outbox();
        let pushed = (0..10_000)
            .take_while(|_| outbox.push(Outgoing::Control(Bytes::from_static(&[0; 4]))).is_ok());
        assert_eq!(pushed.count(), QUEUE);
    }
}
