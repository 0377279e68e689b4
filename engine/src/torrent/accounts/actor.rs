//! What streams turn out to be for; waits come in from the picker; at a stream's end one line goes
//! into the log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use storage::cache::cursors::actor::CursorClosed;
use storage::cache::policy::CursorId as CacheCursor;
use wire::ByteRange;

use super::account::Account;
use super::reading::Reading;
use crate::picker::actor::View as PickerViewWanted;
use crate::picker::news::actor::CursorNews;
use crate::picker::{CursorId, Stall};
use crate::torrent::actor::Torrent;
use crate::torrent::streams::shared::StreamShared;
use crate::view::StreamLabel;

/// A wait of a stream is over. Bounded: a stream waits for one piece at a time.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Waited {
    pub(crate) cursor: CursorId,
    pub(crate) stall: Stall,
}

impl Handler<Waited> for Torrent {
    type Result = ();
    fn handle(&mut self, Waited { cursor, stall }: Waited, _: &mut Self::Context) {
        if let Some(account) = self.accounts.open.get_mut(&cursor.0) {
            let (piece, block, reason) = (stall.piece.0, stall.block, stall.reason.slug());
            let waited_ms = stall.lasted.as_millis() as u64;
            tracing::debug!(cursor = cursor.0, piece, block, reason, waited_ms, "stream waited");
            count(&stall);
            account.waited(stall);
        }
    }
}

/// Counts a stall for `/metrics`.
fn count(stall: &Stall) {
    if !stall.first {
        let reason = stall.reason.slug();
        metrics::counter!("millrace_stalls_total", "reason" => reason).increment(1);
        metrics::histogram!("millrace_stall_seconds", "reason" => reason).record(stall.lasted);
    }
}

/// A stream took enough to be something else than it was.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Look {
    pub(crate) id: u64,
}

impl Handler<Look> for Torrent {
    type Result = ();
    fn handle(&mut self, Look { id }: Look, _: &mut Self::Context) {
        self.look_at(id);
    }
}

impl Torrent {
    /// Looks at a stream now, and whenever time alone may make something else of it. One timer a
    /// stream.
    pub(crate) fn review(&mut self, id: u64, ctx: &mut Context<Self>) {
        if let Some(due) = self.look_at(id) {
            ctx.run_later(due, move |torrent, ctx| torrent.review(id, ctx));
        }
    }

    /// Looks again at what a stream is for; picker and cache hear when it reaches less far or
    /// farther. `None` when it is over.
    fn look_at(&mut self, id: u64) -> Option<Duration> {
        let stream = Arc::clone(&self.streams.get(&id)?.shared);
        let reading = &mut self.accounts.open.get_mut(&id)?.reading;
        let hints = self.content.as_ref().map(|content| &content.hints);
        let hint = hints.and_then(|hints| hints.get(&stream.file_index));
        let index = hint.map_or(&[][..], |hint| &hint.index);
        let (now, before) = (Instant::now(), reading.reach());
        reading.look(stream.sent(), stream.waiting(), index, now);
        let (reach, due) = (reading.reach(), reading.due(now));
        stream.note(reading);
        let (info_hash, cursor) = (self.info_hash, CacheCursor(id));
        match (before, reach) {
            (before, reach) if before == reach => {}
            (_, None) => {
                self.tell_cursor(CursorNews::Closed { id: CursorId(id) });
                self.parts.cache.do_send(CursorClosed { info_hash, cursor });
            }
            (before, Some(_)) => {
                match before {
                    None => self.restore_cursor(&stream),
                    Some(_) => self.tell_cursor(CursorNews::Promoted { id: CursorId(id) }),
                }
                self.parts.cache.do_send(stream.place(stream.position()));
            }
        }
        Some(due)
    }

    /// A stream begins.
    pub(crate) fn open_account(&mut self, stream: &StreamShared) {
        let content = self.content.as_ref();
        let file = content.and_then(|content| content.progress.range(stream.file_index));
        let Some(file) = file else { return };
        let range = ByteRange::new(stream.range.start - file.start, stream.range.end - file.start);
        let label = &stream.label;
        let (kind, seeks) =
            self.accounts.viewers.opens(&label.viewer, stream.file_index, range, file.len());
        metrics::counter!("millrace_streams_total").increment(1);
        let reading = Reading::new(range, kind, stream.asked);
        stream.note(&reading);
        self.accounts.open.insert(stream.id, Account::new(reading, seeks));
        tracing::debug!(
            info_hash = %self.info_hash, file_index = stream.file_index, cursor = stream.id,
            trace = label.trace, kind = kind.as_str(), from = range.start, "stream begins"
        );
    }

    /// A stream is over; `error`: why it broke off.
    pub(crate) fn close_account(
        &mut self,
        stream: Arc<StreamShared>,
        error: Option<String>,
        ctx: &mut Context<Self>,
    ) {
        let position = stream.position().saturating_sub(stream.file.start);
        self.accounts.viewers.closes(&stream.label.viewer, stream.file_index, position);
        // Whatever the picker tells of the stream's last wait is here before its next answer.
        let asking = self.picker.clone().map(|picker| picker.send(PickerViewWanted));
        let answered = async move {
            if let Some(asking) = asking {
                let _ = asking.await;
            }
        };
        ctx.spawn(answered.into_actor(self).map(move |(), torrent, _| {
            if let Some(account) = torrent.accounts.open.remove(&stream.id) {
                if let (false, Some(wait)) = (stream.label.viewer.is_empty(), stream.first_byte()) {
                    metrics::histogram!("millrace_first_byte_seconds").record(wait);
                }
                log(&stream, &account, error.as_deref());
            }
        }));
    }
}

/// The one line at a stream's end. What nobody watches is of less interest.
fn log(stream: &StreamShared, account: &Account, error: Option<&str>) {
    let StreamShared { info_hash, file_index, label, .. } = stream;
    let StreamLabel { client, trace, .. } = label;
    let (from, sent) = (stream.range.start - stream.file.start, stream.sent());
    let first_byte_ms = stream.first_byte().map(|wait| wait.as_millis() as u64);
    let seconds = format!("{:.1}", stream.asked.elapsed().as_secs_f64());
    let (kind, seeks, stalls) = (account.reading.kind().as_str(), account.seeks, account.stalls());
    let hits = stream.hits.now();
    let (ram, disk, network) = (hits.ram.bytes, hits.disk.bytes, hits.network.bytes);
    match error {
        Some(error) => tracing::warn!(
            %info_hash, file_index, client, trace, kind, from, sent, first_byte_ms, seconds, seeks,
            stalls, ram, disk, network, error, "stream broke off"
        ),
        None if label.viewer.is_empty() => tracing::debug!(
            %info_hash, file_index, trace, kind, from, sent, first_byte_ms, seconds, stalls,
            ram, disk, network, "read ended"
        ),
        None => tracing::info!(
            %info_hash, file_index, client, trace, kind, from, sent, first_byte_ms, seconds, seeks,
            stalls, ram, disk, network, "stream ended"
        ),
    }
}
