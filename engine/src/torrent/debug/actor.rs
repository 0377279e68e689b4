//! Puts together what torrent, picker and swarm know.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use actix::prelude::*;
use wire::{Bitfield, ByteRange};

use crate::debug::{ActiveDebug, CursorDebug, PeerDebug, StallDebug, TorrentDebug};
use crate::picker::actor::{Detail, PickerDetail};
use crate::picker::{PeerKey, Stall};
use crate::swarm::orders::actor::{Acquainted, ListPeers};
use crate::torrent::accounts::account::Account;
use crate::torrent::actor::Torrent;
use crate::torrent::streams::shared::StreamShared;

/// Everything there is to say of it.
#[derive(Message)]
#[rtype(result = "TorrentDebug")]
pub(crate) struct Debug;

impl Handler<Debug> for Torrent {
    type Result = ResponseActFuture<Self, TorrentDebug>;

    fn handle(&mut self, _: Debug, _: &mut Self::Context) -> Self::Result {
        let picker = self.picker.clone().map(|picker| picker.send(Detail));
        let swarm = self.swarm.clone().map(|swarm| swarm.send(ListPeers));
        let asking = async move {
            let picker = match picker {
                Some(asking) => asking.await.unwrap_or_default(),
                None => PickerDetail::default(),
            };
            let peers = match swarm {
                Some(asking) => asking.await.unwrap_or_default(),
                None => Vec::new(),
            };
            (picker, peers)
        };
        Box::pin(
            asking
                .into_actor(self)
                .map(|(picker, peers), torrent, _| torrent.debug(&picker, &peers)),
        )
    }
}

impl Torrent {
    fn debug(&self, picker: &PickerDetail, peers: &[Acquainted]) -> TorrentDebug {
        let addresses: HashMap<PeerKey, SocketAddr> =
            peers.iter().map(|peer| (peer.key, peer.address)).collect();
        let have = self.content.as_ref().map(|content| content.progress.have().clone());
        let mut cursors: Vec<_> = self
            .streams
            .values()
            .filter_map(|stream| {
                let account = self.accounts.open.get(&stream.shared.id)?;
                Some(cursor(&stream.shared, account, picker, &addresses))
            })
            .collect();
        cursors.sort_by_key(|cursor| cursor.id);
        let active = picker.active.iter().map(|(active, eta)| ActiveDebug {
            piece: active.piece,
            blocks: active.states.clone(),
            eta: *eta,
        });
        TorrentDebug {
            cursors,
            have: have.unwrap_or_else(|| Bitfield::none(0)),
            active: active.collect(),
            peers: peers.iter().map(|known| peer(known, picker)).collect(),
        }
    }
}

fn cursor(
    stream: &StreamShared,
    account: &Account,
    picker: &PickerDetail,
    addresses: &HashMap<PeerKey, SocketAddr>,
) -> CursorDebug {
    let state = picker.cursors.iter().find(|cursor| cursor.id.0 == stream.id);
    let lasts = picker.waits.iter().find(|(id, _)| id.0 == stream.id).map(|(_, stall)| stall);
    let byte = stream.position() - stream.file.start;
    let (rate, bitrate) = state.map_or((0, 0), |state| (state.rate, state.bitrate));
    let end = state.map_or(byte, |state| state.window_end.saturating_sub(stream.file.start));
    let pace = rate.max(bitrate) as f64;
    let buffered = state.map(|state| state.buffered as f64 / pace).filter(|_| pace > 0.0);
    CursorDebug {
        id: stream.id,
        viewer: stream.label.viewer.clone(),
        file_index: stream.file_index,
        kind: account.reading.kind(),
        seeks: account.seeks,
        byte,
        rate,
        bitrate: (bitrate > 0).then_some(bitrate * 8),
        window: ByteRange::new(byte, end.max(byte)),
        buffered: buffered.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        stalls: account.waits().chain(lasts).map(|wait| stall(wait, addresses)).collect(),
    }
}

fn stall(stall: &Stall, addresses: &HashMap<PeerKey, SocketAddr>) -> StallDebug {
    let ago = Instant::now().saturating_duration_since(stall.at);
    StallDebug {
        at: SystemTime::now().checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH),
        lasted: stall.lasted,
        piece: stall.piece,
        block: stall.block,
        peers: stall.peers.iter().filter_map(|key| addresses.get(key)).copied().collect(),
        reason: stall.reason,
    }
}

fn peer(known: &Acquainted, picker: &PickerDetail) -> PeerDebug {
    let estimate = picker.peers.iter().find(|estimate| estimate.peer == known.key);
    PeerDebug {
        address: known.address,
        source: known.source,
        client: known.client.clone(),
        rates: known.rates,
        rtt: estimate.and_then(|estimate| estimate.rtt),
        queue: estimate.map_or(0, |estimate| estimate.queue),
        choked: estimate.map(|estimate| estimate.choked),
        snubbed: estimate.is_some_and(|estimate| estimate.snubbed),
        have: estimate.map(|estimate| estimate.have),
    }
}
