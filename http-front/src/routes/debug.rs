//! `/api/debug/torrents/{infoHash}`: a torrent from inside, to see why it waits.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use data_encoding::BASE64;
use engine::debug::{ActiveDebug, CursorDebug, PeerDebug, StallDebug, TorrentDebug};
use engine::picker::BlockState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::FrontError;
use crate::error::Envelope;
use crate::routes::Shared;
use crate::routes::extract::{Params, info_hash};
use crate::routes::shape::timestamp;

/// A torrent from inside.
#[derive(Serialize, ToSchema)]
pub struct Torrent {
    cursors: Vec<Cursor>,
    pieces: Pieces,
    peers: Vec<Peer>,
    viewers: Vec<Viewer>,
}

/// An open read.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cursor {
    id: u64,
    /// Groups the connections of one viewer; empty where nobody watches.
    viewer: String,
    file_index: usize,
    /// `probe`, `index`, `seek` or `sequential`.
    kind: &'static str,
    /// The next byte of the file to go out.
    byte: u64,
    /// Bytes a second it reads.
    rate: u64,
    /// Bits a second at which the file is played there, when that is known.
    bitrate: Option<u64>,
    /// The file's bytes that may be asked for it.
    window_start: u64,
    window_end: u64,
    /// How long the verified bytes ahead last, when its speed is known.
    buffered_seconds: Option<f64>,
    /// Its waits of 0.1 s and more, the first byte's too; the last 64.
    stalls: Vec<Stall>,
}

/// A wait.
#[derive(Serialize, ToSchema)]
pub struct Stall {
    at: String,
    seconds: f64,
    piece: u32,
    /// The piece's first missing block.
    block: Option<u32>,
    /// Whom that was asked of, of those who are still connected.
    peers: Vec<String>,
    /// `nobody_has_it`, `choked`, `no_memory`, `hash_failed`, `verifying`, `paused`, `disk` or
    /// `slow`.
    reason: &'static str,
}

/// What is here and what is under way.
#[derive(Serialize, ToSchema)]
pub struct Pieces {
    /// The bitfield of verified pieces in base64.
    have: String,
    active: Vec<Active>,
}

/// An unfinished piece.
#[derive(Serialize, ToSchema)]
pub struct Active {
    piece: u32,
    /// One character a block: `.` missing, `?` asked for, `#` here.
    blocks: String,
    /// Seconds until it is expected; `null` while nobody is asked for some block.
    eta: Option<f64>,
}

/// A connected peer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    address: String,
    /// Who told of it: `user`, `incoming`, `earlier`, `tracker`, `dht` or `pex`.
    source: &'static str,
    client: String,
    transport: &'static str,
    encrypted: bool,
    rate_down: u64,
    rate_up: u64,
    /// Seconds; unknown before its first block.
    rtt: Option<f64>,
    /// Requests outstanding.
    queue: u32,
    /// Unknown while nothing is wanted of it.
    choked: Option<bool>,
    snubbed: bool,
    /// Pieces it has.
    have: Option<u32>,
}

/// A viewer of a file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Viewer {
    viewer: String,
    file_index: usize,
    connections: usize,
    /// How often it jumped in the file.
    seeks: u32,
}

impl From<CursorDebug> for Cursor {
    fn from(cursor: CursorDebug) -> Self {
        Self {
            id: cursor.id,
            viewer: cursor.viewer,
            file_index: cursor.file_index,
            kind: cursor.kind.as_str(),
            byte: cursor.byte,
            rate: cursor.rate,
            bitrate: cursor.bitrate,
            window_start: cursor.window.start,
            window_end: cursor.window.end,
            buffered_seconds: cursor.buffered.map(|buffered| buffered.as_secs_f64()),
            stalls: cursor.stalls.into_iter().map(Stall::from).collect(),
        }
    }
}

impl From<StallDebug> for Stall {
    fn from(stall: StallDebug) -> Self {
        Self {
            at: timestamp(stall.at),
            seconds: stall.lasted.as_secs_f64(),
            piece: stall.piece.0,
            block: stall.block,
            peers: stall.peers.iter().map(ToString::to_string).collect(),
            reason: stall.reason.slug(),
        }
    }
}

impl From<ActiveDebug> for Active {
    fn from(active: ActiveDebug) -> Self {
        let state = |block: &BlockState| match block {
            BlockState::Missing => '.',
            BlockState::Asked => '?',
            BlockState::Here => '#',
        };
        Self {
            piece: active.piece.0,
            blocks: active.blocks.iter().map(state).collect(),
            eta: active.eta.map(|eta| eta.as_secs_f64()),
        }
    }
}

impl From<PeerDebug> for Peer {
    fn from(peer: PeerDebug) -> Self {
        Self {
            address: peer.address.to_string(),
            source: peer.source,
            client: peer.client,
            transport: "tcp",
            encrypted: false,
            rate_down: peer.rates.0,
            rate_up: peer.rates.1,
            rtt: peer.rtt.map(|rtt| rtt.as_secs_f64()),
            queue: peer.queue,
            choked: peer.choked,
            snubbed: peer.snubbed,
            have: peer.have,
        }
    }
}

/// Who watches, from the reads that are open.
fn viewers(cursors: &[CursorDebug]) -> Vec<Viewer> {
    let mut viewers: BTreeMap<(&str, usize), (usize, u32)> = BTreeMap::new();
    for cursor in cursors.iter().filter(|cursor| !cursor.viewer.is_empty()) {
        let (connections, seeks) = viewers.entry((&cursor.viewer, cursor.file_index)).or_default();
        *connections += 1;
        *seeks = cursor.seeks.max(*seeks);
    }
    let viewer = |((viewer, file_index), (connections, seeks)): ((&str, usize), (usize, u32))| {
        Viewer { viewer: viewer.to_owned(), file_index, connections, seeks }
    };
    viewers.into_iter().map(viewer).collect()
}

/// A torrent from inside: cursors and what they wait for, pieces under way, peers
#[utoipa::path(get, path = "/api/debug/torrents/{infoHash}", tag = "system",
    params(("infoHash" = String, Path)),
    responses((status = 200, body = Torrent), (status = 404, body = Envelope)))]
pub async fn torrent(
    State(app): Shared,
    Params(hash): Params<String>,
) -> Result<Json<Torrent>, FrontError> {
    let TorrentDebug { cursors, have, active, peers } = app.engine.debug(info_hash(&hash)?).await?;
    let viewers = viewers(&cursors);
    Ok(Json(Torrent {
        cursors: cursors.into_iter().map(Cursor::from).collect(),
        pieces: Pieces {
            have: BASE64.encode(have.as_wire()),
            active: active.into_iter().map(Active::from).collect(),
        },
        peers: peers.into_iter().map(Peer::from).collect(),
        viewers,
    }))
}
