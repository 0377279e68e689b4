//! Waits come in from the picker; at a stream's end one line goes into the log.

use std::sync::Arc;

use actix::prelude::*;
use wire::ByteRange;

use super::account::Account;
use crate::picker::actor::View as PickerViewWanted;
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

impl Torrent {
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
        self.accounts.open.insert(stream.id, Account::new(kind, seeks));
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
    let (kind, seeks, stalls) = (account.kind.as_str(), account.seeks, account.stalls());
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
