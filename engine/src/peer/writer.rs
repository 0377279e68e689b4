//! Messages to socket: whatever is queued goes out in as few writes as it fits.

use std::io::{self, IoSlice};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::mpsc;

use super::traffic::Traffic;

/// Chunks queued to one peer. A peer that lets this fill up does not read: it is closed.
pub(crate) const QUEUE: usize = 512;
/// Chunks handed to one `writev`.
const VECTORS: usize = 64;

/// One run of bytes to send.
pub(crate) struct Chunk {
    pub(crate) bytes: Bytes,
    /// Whether these are a block's bytes, for the upload counters.
    pub(crate) payload: bool,
}

/// Writes until the queue closes or the socket fails. `flushed` hears how many payload chunks have
/// left, so that the session sends the next blocks.
pub(crate) async fn write_loop(
    mut socket: OwnedWriteHalf,
    mut queue: mpsc::Receiver<Chunk>,
    traffic: Arc<Traffic>,
    flushed: impl Fn(usize),
) -> io::Result<()> {
    let mut chunks = Vec::with_capacity(VECTORS);
    while queue.recv_many(&mut chunks, VECTORS).await > 0 {
        let (mut bytes, mut blocks) = (0, 0);
        for chunk in chunks.iter().filter(|chunk| chunk.payload) {
            bytes += chunk.bytes.len() as u64;
            blocks += 1;
        }
        let mut out: Vec<Bytes> = chunks.drain(..).map(|chunk| chunk.bytes).collect();
        write_all(&mut socket, &mut out).await?;
        if blocks > 0 {
            traffic.add_up(bytes);
            flushed(blocks);
        }
    }
    socket.shutdown().await
}

async fn write_all(socket: &mut OwnedWriteHalf, out: &mut [Bytes]) -> io::Result<()> {
    let mut done = 0;
    while let Some(rest) = out.get_mut(done..).filter(|rest| !rest.is_empty()) {
        let slices: Vec<IoSlice<'_>> = rest.iter().map(|bytes| IoSlice::new(bytes)).collect();
        let mut written = socket.write_vectored(&slices).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
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
