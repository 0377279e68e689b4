//! The body of a file response: exact in length, aborted on failure, never padded.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use engine::{EngineError, EngineHandle, FileStream, OpenStream};
use futures_util::Stream;
use http_body::{Body, Frame, SizeHint};
use wire::ByteRange;

use crate::inputs::Broken;
use crate::playback::follow::Meter;

/// Bytes in order, as the engine hands them out.
pub type Blocks = Pin<Box<dyn Stream<Item = Result<Bytes, EngineError>> + Send>>;

/// A body of exactly `remaining` bytes. When its source fails, ends early or brings too much, the
/// body fails, and with it the connection: a client never takes a part for the whole.
pub struct MediaBody {
    /// What was read to know that the stream runs, before the headers went.
    first: Option<Bytes>,
    source: Blocks,
    /// Bytes that are still to go out; the `Content-Length` at the start.
    remaining: u64,
    /// Told of each byte, to know where a plain player is.
    meter: Option<Meter>,
    /// Set when the body breaks off.
    broken: Option<Broken>,
}

impl MediaBody {
    /// `first` and then `source`, `length` bytes together.
    pub fn new(first: Option<Bytes>, source: Blocks, length: u64) -> Self {
        Self { first, source, remaining: length, meter: None, broken: None }
    }

    /// The same, followed by `meter`.
    pub fn metered(self, meter: Option<Meter>) -> Self {
        Self { meter, ..self }
    }

    /// The same, which sets `broken` when it breaks off.
    pub fn watched_by(self, broken: Option<Broken>) -> Self {
        Self { broken, ..self }
    }

    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, EngineError>> {
        let next = match self.first.take() {
            Some(first) => Some(Ok(first)),
            None => std::task::ready!(self.source.as_mut().poll_next(cx)),
        };
        let bytes = next.unwrap_or_else(|| Err(wrong_length()))?;
        let left = self.remaining.checked_sub(bytes.len() as u64).ok_or_else(wrong_length)?;
        self.remaining = left;
        Poll::Ready(Ok(bytes))
    }
}

impl Body for MediaBody {
    type Data = Bytes;
    type Error = EngineError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, EngineError>>> {
        if self.remaining == 0 {
            return Poll::Ready(None);
        }
        let polled = std::task::ready!(self.poll_bytes(cx));
        match (&polled, &self.meter, &self.broken) {
            (Ok(bytes), Some(meter), _) => meter.count(bytes.len() as u64),
            (Err(_), _, Some(broken)) => broken.store(true, Ordering::Relaxed),
            _ => {}
        }
        Poll::Ready(Some(polled.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

fn wrong_length() -> EngineError {
    EngineError::Ended("the stream did not bring the bytes it promised".into())
}

/// A stretch of the body.
#[derive(Clone, Debug)]
pub enum Part {
    /// Bytes of our own: the heads and the end of a multipart body.
    Text(Bytes),
    /// Bytes of the file.
    File(ByteRange),
}

/// Reads `parts` one after another; each file range is opened when its turn comes, so that only
/// one cursor runs. `open` names the file; its range is replaced by each part's.
pub fn read(engine: EngineHandle, open: OpenStream, parts: Vec<Part>) -> Blocks {
    let reader = Reader { engine, open, parts: parts.into(), current: None };
    Box::pin(futures_util::stream::unfold(reader, |mut reader| async move {
        reader.next().await.map(|item| (item, reader))
    }))
}

struct Reader {
    engine: EngineHandle,
    open: OpenStream,
    parts: VecDeque<Part>,
    current: Option<FileStream>,
}

impl Reader {
    async fn next(&mut self) -> Option<Result<Bytes, EngineError>> {
        loop {
            if let Some(stream) = &mut self.current {
                match stream.next().await {
                    None => self.current = None,
                    item => return item,
                }
            }
            match self.parts.pop_front()? {
                Part::Text(text) => return Some(Ok(text)),
                Part::File(range) => {
                    let open = OpenStream { range, ..self.open.clone() };
                    match self.engine.open(open).await {
                        Ok(stream) => self.current = Some(stream),
                        Err(error) => return Some(Err(error)),
                    }
                }
            }
        }
    }
}
