//! Opening and closing a torrent's reads.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use actix::prelude::*;
use storage::DiskReader;
use storage::budget::Promise;
use storage::cache::actor::Held;
use storage::cache::cursors::actor::CursorClosed;
use storage::cache::policy::{self, CursorId as CacheCursor};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracker::actor::Announce;
use wire::{ByteRange, Geometry};

use super::shared::StreamShared;
use crate::EngineError;
use crate::picker::CursorId;
use crate::picker::actor::{PickerActor, PickerView, View as PickerViewWanted};
use crate::picker::news::actor::{CursorNews, Wants};
use crate::stream::OpenStream;
use crate::swarm::orders::actor::TorrentSaid;
use crate::torrent::actor::{OpenedStream, Parts, Stage, Torrent};
use crate::view::StreamView;

/// With fewer peers than this a new reader has the trackers asked for more.
const FEW_PEERS: usize = 10;

/// Everything a [`crate::FileStream`] works with.
pub(crate) struct StreamParts {
    pub(crate) shared: Arc<StreamShared>,
    pub(crate) geometry: Geometry,
    pub(crate) disk: DiskReader,
    pub(crate) torrent: Addr<Torrent>,
    pub(crate) picker: watch::Receiver<Option<Addr<PickerActor>>>,
    pub(crate) parts: Parts,
    pub(crate) end: CancellationToken,
}

/// Answers when the files are open, or can't be: soon after the torrent was added or restored.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Opened;

impl Handler<Opened> for Torrent {
    type Result = ResponseFuture<()>;
    fn handle(&mut self, _: Opened, _: &mut Self::Context) -> Self::Result {
        let mut stage = self.stage.subscribe();
        Box::pin(async move {
            // An error means the torrent is gone, which the next message finds out.
            let _ = stage.wait_for(|stage| *stage != Stage::Opening).await;
        })
    }
}

/// A reader wants bytes of a file. Its cursor is placed before the answer goes out.
#[derive(Message)]
#[rtype(result = "Result<StreamParts, EngineError>")]
pub(crate) struct Open(pub(crate) OpenStream);

impl Handler<Open> for Torrent {
    type Result = Result<StreamParts, EngineError>;

    fn handle(&mut self, Open(open): Open, ctx: &mut Self::Context) -> Self::Result {
        let info_hash = self.info_hash;
        let Some(content) = &self.content else { return Err(EngineError::NoMetadata(info_hash)) };
        let Some(file) = content.progress.range(open.file_index) else {
            return Err(EngineError::NoSuchFile { info_hash, files: content.progress.files() });
        };
        let Some(disk) = content.disk.clone() else {
            let reason = self.failure.clone().unwrap_or_else(|| "files are not open".into());
            return Err(EngineError::Storage(reason));
        };
        let geometry = content.geometry();
        let end = open.range.end.min(file.len());
        let start = open.range.start.min(end);
        let range = ByteRange::new(file.start + start, file.start + end);
        let id = self.parts.next_id.fetch_add(1, Relaxed);
        let _room = self.promise(range)?;
        let which = (open.file_index, file);
        let shared = Arc::new(StreamShared::new(id, info_hash, which, range, open.label));
        let end = self.end.child_token();
        let opened = OpenedStream { shared: shared.clone(), end: end.clone(), _room };
        self.streams.insert(id, opened);
        self.watched(ctx);
        self.parts.cache.do_send(shared.place(range.start));
        self.parts.streams.fetch_add(1, Relaxed);
        self.forgive(ctx);
        self.run(ctx);
        self.open_account(&shared);
        self.restore_cursor(&shared);
        self.review(id, ctx);
        if let Some(swarm) = &self.swarm {
            swarm.do_send(TorrentSaid::Hungry);
        }
        if let (Some(tracker), true) = (&self.tracker, self.report.peers < FEW_PEERS) {
            tracker.do_send(Announce::Hungry);
        }
        Ok(StreamParts {
            shared,
            geometry,
            disk,
            torrent: ctx.address(),
            picker: self.picker_now.subscribe(),
            parts: self.parts.clone(),
            end,
        })
    }
}

/// A stream was dropped.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Closed {
    pub(crate) id: u64,
    /// Why it broke off.
    pub(crate) error: Option<String>,
}

impl Handler<Closed> for Torrent {
    type Result = ();
    fn handle(&mut self, Closed { id, error }: Closed, ctx: &mut Self::Context) {
        let Some(stream) = self.streams.remove(&id) else { return };
        self.parts.streams.fetch_sub(1, Relaxed);
        self.watched_until_now();
        self.tell_cursor(CursorNews::Closed { id: CursorId(id) });
        self.close_account(stream.shared, error, ctx);
        let (info_hash, cursor) = (self.info_hash, CacheCursor(id));
        self.parts.cache.do_send(CursorClosed { info_hash, cursor });
        self.tell_wants();
        self.rest_if_idle();
    }
}

/// Ends the open reads of one listed file, or of all; answers how many.
#[derive(Message)]
#[rtype(result = "usize")]
pub(crate) struct StopStreams(pub(crate) Option<usize>);

impl Handler<StopStreams> for Torrent {
    type Result = usize;
    fn handle(&mut self, StopStreams(file): StopStreams, _: &mut Self::Context) -> usize {
        let meant = |stream: &&OpenedStream| {
            file.is_none_or(|file| stream.shared.file_index == file) && !stream.end.is_cancelled()
        };
        let stopped = self.streams.values().filter(meant);
        stopped.inspect(|stream| stream.end.cancel()).count()
    }
}

impl Torrent {
    /// The memory that a new stream over `range` can't do without. With files a piece is enough,
    /// for whatever is on disk needs none; without them, the piece it reads and the next.
    fn promise(&self, range: ByteRange) -> Result<Option<Promise>, EngineError> {
        let Some(content) = &self.content else { return Ok(None) };
        let budget = &self.parts.budget;
        let no_memory = |needed| EngineError::NoMemory { needed, capacity: budget.capacity() };
        if !self.has_files() {
            let needed = content.bytes_of(policy::LEAST_AHEAD);
            return budget.promise(needed).map(Some).ok_or(no_memory(needed));
        }
        let whole = content.progress.buffered(range.start, range.end) == range.len();
        let piece = content.bytes_of(1);
        // Where writing fails, what memory holds stays there.
        let held = if self.failure.is_some() { budget.used() } else { 0 };
        match whole || held + piece <= budget.capacity() {
            true => Ok(None),
            false => Err(no_memory(piece)),
        }
    }

    /// Why nothing of it can be downloaded, when its pieces are larger than memory.
    pub(crate) fn lacks_memory(&self) -> Option<String> {
        let piece = self.content.as_ref()?.bytes_of(1);
        let capacity = self.parts.budget.capacity();
        (piece > capacity && !self.is_complete()).then(|| {
            format!("a piece has {piece} bytes, piece memory {capacity}; raise ram_buffer_mb")
        })
    }

    /// Moves the process's working limit with what this torrent is doing.
    pub(crate) fn set_working_limit(&self) {
        let Some(content) = &self.content else { return };
        let streams = self.parts.streams.load(Relaxed) as u64;
        let piece = u64::from(content.geometry().piece_length());
        let capacity = self.parts.budget.capacity();
        if !self.has_files() {
            return self.parts.budget.set_working_limit(memory_limit(capacity, piece, streams));
        }
        let limit = working_limit(piece, self.report.peers as u64, streams);
        let largest = self.parts.working_limit.fetch_max(limit, Relaxed).max(limit);
        self.parts.budget.set_working_limit(largest);
    }

    /// What the background downloads: nothing of a paused or queued torrent, which still feeds its
    /// readers, nor where only readers keep anything in memory.
    pub(crate) fn tell_wants(&self) {
        self.set_working_limit();
        let (Some(picker), Some(content)) = (&self.picker, &self.content) else { return };
        let background = match self.record.paused || self.queued || !self.has_files() {
            true => wire::Bitfield::none(content.geometry().pieces()),
            false => content.progress.wanted(),
        };
        let have = content.progress.have().clone();
        let heads = content.progress.heads();
        picker.do_send(Wants { background, heads, have });
    }

    pub(crate) fn restore_cursors(&self) {
        for OpenedStream { shared: stream, .. } in self.streams.values() {
            self.restore_cursor(stream);
        }
    }

    /// Tells the picker of a read, unless it wants nothing.
    pub(crate) fn restore_cursor(&self, stream: &StreamShared) {
        let account = self.accounts.open.get(&stream.id);
        if let Some(reach) = account.and_then(|account| account.reading.reach()) {
            let range = ByteRange::new(stream.position(), stream.range.end);
            let unknown = self.has_files().then_some(stream.file);
            self.tell_cursor(CursorNews::Opened { id: CursorId(stream.id), range, reach, unknown });
            self.tell_hint(stream);
        }
    }

    pub(crate) fn tell_cursor(&self, news: CursorNews) {
        if let Some(picker) = &self.picker {
            picker.do_send(news);
        }
    }
}

/// Without files memory is there to be filled, but for a piece that a second reader may come to
/// wait for.
fn memory_limit(capacity: u64, piece_length: u64, streams: u64) -> u64 {
    let kept_back = if streams > 1 { piece_length } else { 0 };
    capacity.saturating_sub(kept_back)
}

/// Piece memory that downloading needs while the disk keeps up: a few pieces being filled, hashed
/// and written, a queue at each peer, and what each reader is about to send.
fn working_limit(piece_length: u64, peers: u64, streams: u64) -> u64 {
    const BASE: u64 = 2 * 1024 * 1024;
    const PER_PEER: u64 = 256 * 1024;
    const PER_STREAM: u64 = 1024 * 1024;
    BASE + 4 * piece_length + peers * PER_PEER + streams * (PER_STREAM + piece_length)
}

/// Every open read of the torrent.
#[derive(Message)]
#[rtype(result = "Vec<StreamView>")]
pub(crate) struct Streams;

impl Handler<Streams> for Torrent {
    type Result = ResponseActFuture<Self, Vec<StreamView>>;

    fn handle(&mut self, _: Streams, _: &mut Self::Context) -> Self::Result {
        let asking = self.picker.clone().map(|picker| picker.send(PickerViewWanted));
        let held = self.parts.cache.send(Held { info_hash: self.info_hash });
        let answers = async move {
            let picker = match asking {
                Some(asking) => asking.await.unwrap_or_default(),
                None => PickerView::default(),
            };
            (picker, held.await.unwrap_or_default())
        };
        Box::pin(answers.into_actor(self).map(|(picker, held), torrent, _| {
            let view = |stream: &OpenedStream| torrent.stream_view(&stream.shared, &picker, &held);
            torrent.streams.values().filter_map(view).collect()
        }))
    }
}

impl Torrent {
    fn stream_view(
        &self,
        stream: &StreamShared,
        picker: &PickerView,
        held: &[(CacheCursor, u64)],
    ) -> Option<StreamView> {
        let account = self.accounts.open.get(&stream.id)?;
        let held = held.iter().find(|(cursor, _)| cursor.0 == stream.id);
        let position = stream.position();
        let cursor = picker.cursors.iter().find(|cursor| cursor.id.0 == stream.id);
        let reason = cursor
            .and_then(|cursor| cursor.waits.as_ref())
            .map(|wait| format!("piece {}: {}", wait.piece.0, wait.reason.as_str()));
        let stalled = stream.waiting().then(|| reason.unwrap_or_else(|| "about to go on".into()));
        Some(StreamView {
            id: stream.id,
            info_hash: stream.info_hash,
            file_index: stream.file_index,
            position: position - stream.file.start,
            bytes_sent: stream.sent(),
            buffered_ahead: self
                .content
                .as_ref()
                .map_or(0, |content| content.progress.buffered(position, stream.range.end)),
            ram_used: held.map_or(0, |(_, bytes)| *bytes),
            kind: account.reading.kind(),
            started_at: stream.started_at,
            stalled,
            bitrate: cursor.map(|cursor| cursor.bitrate * 8).filter(|bits| *bits > 0),
            label: stream.label.clone(),
        })
    }
}
