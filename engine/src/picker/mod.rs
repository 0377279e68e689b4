//! Which block is asked of which peer: list scheduling by estimated completion.
//!
//! Pure: events and the time in, actions out; no clock, no socket, no actor but in `actor.rs`.
//! One call of [`Picker::handle`] takes in what happened, takes back requests that lost their
//! point, gives every peer with room its next blocks, and says it all in one batch a peer.
//!
//! | module | concept |
//! | --- | --- |
//! | `event` | what the picker hears and says |
//! | `config` | its constants |
//! | `view` | what it tells of itself |
//! | `bits` | sets of pieces as words |
//! | `rarity` | availability, rarest first |
//! | `active` | an unfinished piece and its blocks |
//! | `pieces` | what is here, wanted, open |
//! | `peer` | one peer: what it has, owes, may be asked |
//! | `peers` | all of them |
//! | `estimate` | a connection's rate, round trip, depth, silence |
//! | `burst` | peers that answer all at once, now and then |
//! | `cursor` | open reads, their windows, fairness between them |
//! | `hint` | what the container says: bitrate, index |
//! | `swarm` | peers join, leave, choke, have, reject |
//! | `arrive` | blocks arrive; pieces are verified, fail, get lost |
//! | `seek` | cursors open, jump, close: stale requests are cancelled |
//! | `schedule` | who gets the next block, by estimated completion |
//! | `choose` | which block that is |
//! | `room` | memory for pieces |
//! | `snub` | silent peers |
//! | `liars` | who sent the wrong bytes of a failed piece |
//! | `hedge` | late blocks asked of a second peer; endgame |
//! | `stalls` | what cursors wait for, and why |
//! | `status` | the views |

mod active;
pub(crate) mod actor;
mod arrive;
mod bits;
mod burst;
mod choose;
pub mod config;
mod cursor;
mod estimate;
pub mod event;
mod hedge;
pub mod hint;
pub mod liars;
pub(crate) mod news;
mod peer;
mod peers;
mod pieces;
mod rarity;
mod room;
mod schedule;
mod seek;
mod snub;
mod stalls;
mod status;
mod swarm;
pub mod view;

use std::collections::BinaryHeap;
use std::time::Instant;

use storage::Claim;
use wire::{Bitfield, Geometry};

use bits::Bits;
use cursor::Cursors;
use estimate::Prior;
use hedge::Meter;
use peer::Peer;
use peers::Peers;
use pieces::Pieces;
use schedule::{Candidate, Together};

pub use config::PickerConfig;
pub use event::{Action, CursorId, Event, PeerKey, Performance, PieceMemory, Prospect, Stall};
pub use hint::MediaHint;
pub use status::Contribution;
pub use view::{ActivePiece, BlockState, CursorState, CursorWait, PeerEstimate, WaitReason};

/// Decides which block is asked of which peer, for one torrent.
pub struct Picker {
    config: PickerConfig,
    pieces: Pieces,
    peers: Peers,
    cursors: Cursors,
    paused: bool,
    /// What is assumed of peers that have not shown anything yet.
    prior: Prior,
    /// Bytes received and wasted lately: what hedging may cost.
    meter: Meter,
    /// Memory was refused: no piece is started until there may be room again.
    no_room: bool,
    /// For what [`Action::NeedMemory`] was said.
    asked_for_room: Option<Claim>,
    /// Since when memory is refused for a piece that a cursor stands on.
    refused_since: Option<Instant>,
    /// Some peer's `interested` may have to change.
    interest_changed: bool,
    /// When a cursor was last open.
    streamed: Option<Instant>,
    /// Peers of which something was taken off the queue in this turn.
    touched: Vec<PeerKey>,
    /// What the peers can do together, as of the last look at all of them.
    together: Together,
    /// Peers with room, the earliest completion on top; empty between turns.
    heap: BinaryHeap<Candidate>,
}

/// One call's surroundings.
struct Turn<'a> {
    now: Instant,
    memory: &'a mut dyn PieceMemory,
    out: &'a mut Vec<Action>,
}

impl Picker {
    /// A picker that knows no peer and no cursor. `have` is every verified piece, `seed` breaks
    /// ties among equally rare pieces.
    pub fn new(
        geometry: Geometry,
        have: &Bitfield,
        config: PickerConfig,
        seed: u64,
        now: Instant,
    ) -> Self {
        Self {
            pieces: Pieces::new(geometry, Bits::of(have, geometry.pieces()), seed),
            config,
            peers: Peers::default(),
            cursors: Cursors::new(),
            paused: false,
            prior: Prior::NONE,
            meter: Meter::new(now),
            no_room: false,
            asked_for_room: None,
            refused_since: None,
            interest_changed: false,
            streamed: None,
            touched: Vec::new(),
            together: Together::default(),
            heap: BinaryHeap::new(),
        }
    }

    /// Takes one event in and appends what is to be done to `out`.
    pub fn handle(
        &mut self,
        now: Instant,
        event: Event<'_>,
        memory: &mut dyn PieceMemory,
        out: &mut Vec<Action>,
    ) {
        let mut turn = Turn { now, memory, out };
        let ticked = matches!(event, Event::Tick);
        let of_one = matches!(
            event,
            Event::BlocksArrived { .. }
                | Event::Rejected { .. }
                | Event::PieceVerified { .. }
                | Event::PeerHas { .. }
        );
        let waits = matches!(
            event,
            Event::Tick
                | Event::PieceVerified { .. }
                | Event::CursorOpened { .. }
                | Event::CursorMoved { .. }
        );
        let bringer = match event {
            Event::BlocksArrived { peer, .. } => Some(peer),
            _ => None,
        };
        let epoch = self.pieces.epoch;
        self.touched.clear();
        self.take_in(event, &mut turn);
        let rescue = bringer.is_some_and(|peer| self.may_rescue(peer));
        if of_one && epoch == self.pieces.epoch && !rescue {
            self.schedule_touched(&mut turn);
        } else {
            self.schedule(&mut turn);
            if ticked || rescue {
                self.hedge(turn.now);
            }
            self.say(&mut turn);
        }
        if waits {
            self.look_at_waits(&mut turn);
        }
    }

    /// What happened made no new work: only those it is about may be asked for more.
    fn schedule_touched(&mut self, turn: &mut Turn<'_>) {
        if self.interest_changed {
            self.look();
            self.say_interest(turn);
        }
        let mut touched = std::mem::take(&mut self.touched);
        if !touched.is_empty() {
            self.schedule_some(&touched, turn);
        }
        // Their pieces may have taken the room of others', whose requests are taken back.
        touched.append(&mut self.touched);
        let cursors = &self.cursors;
        for key in &touched {
            if let Some(peer) = self.peers.get_mut(*key) {
                say_of(peer, cursors, turn.out);
            }
        }
        self.touched = touched;
    }

    fn take_in(&mut self, event: Event<'_>, turn: &mut Turn<'_>) {
        let now = turn.now;
        match event {
            Event::PeerJoined { peer, fast, reqq, prospect } => {
                self.peer_joined(peer, fast, reqq, prospect, now)
            }
            Event::PeerBitfield { peer, have } => self.peer_bitfield(peer, have, now),
            Event::PeerHas { peer, piece } => self.peer_has(peer, piece),
            Event::PeerLeft { peer } => self.peer_left(peer),
            Event::Choked { peer } => self.choked(peer),
            Event::Unchoked { peer } => self.unchoked(peer),
            Event::AllowedFast { peer, piece } => self.allowed_fast(peer, piece),
            Event::Rejected { peer, block } => self.rejected(peer, block, now),
            Event::BlocksArrived { peer, blocks, received } => {
                self.blocks_arrived(peer, blocks, received, now)
            }
            Event::PieceVerified { piece } => self.piece_verified(piece, now),
            Event::PieceFailed { piece, accused } => self.piece_failed(piece, accused, now),
            Event::PieceLost { piece } => self.piece_lost(piece, now),
            Event::CursorOpened { id, range, reach } => self.cursor_opened(id, range, reach, turn),
            Event::CursorPromoted { id } => self.cursor_promoted(id, turn),
            Event::CursorMoved { id, position } => self.cursor_moved(id, position, turn),
            Event::Hint { id, file_start, hint } => self.hint(id, file_start, hint, turn),
            Event::CursorClosed { id } => self.cursor_closed(id, turn),
            Event::Heads(heads) => self.pieces.set_heads(heads),
            Event::Wanted { background } => self.wanted(background, turn),
            Event::Paused(paused) => self.pause(paused, turn),
            Event::Room => self.room(),
            Event::Window { ahead } => self.window(ahead, turn),
            Event::Tick => self.tick(turn),
        }
    }

    fn tick(&mut self, turn: &mut Turn<'_>) {
        self.no_room = false;
        if !self.cursors.list.is_empty() {
            self.streamed = Some(turn.now);
        }
        self.learn_prior();
        for peer in self.peers.iter_mut() {
            peer.dry = 0;
            peer.forget_late(turn.now);
        }
        self.find_snubbed(turn.now);
        self.drop_forgotten(turn);
    }

    /// Whether [`Event::Tick`] is needed: only while requests are in flight, a cursor is open, a
    /// piece nobody reads any more is still held, a peer waits to be tried again, or memory was
    /// refused: without that a background download would sleep for good once the disk fell behind.
    pub fn wants_tick(&self) -> bool {
        let waits = |p: &Peer| p.useful > 0 && (p.retry_at.is_some() || p.link.snubbed) && p.open();
        let busy = |p: &Peer| !p.queue.is_empty() || (!self.paused && waits(p));
        self.no_room
            || !self.cursors.list.is_empty()
            || self.peers.iter().any(busy)
            || self.pieces.active.keys().any(|p| self.is_forgotten(*p))
    }

    /// Says what this turn came to: to each peer cancels before requests, one of each.
    fn say(&mut self, turn: &mut Turn<'_>) {
        self.say_interest(turn);
        for peer in self.peers.iter_mut() {
            say_of(peer, &self.cursors, turn.out);
        }
    }

    fn say_interest(&mut self, turn: &mut Turn<'_>) {
        if !std::mem::take(&mut self.interest_changed) {
            return;
        }
        for peer in self.peers.iter_mut() {
            let interested = peer.useful > 0;
            if interested != peer.interested {
                peer.interested = interested;
                turn.out.push(Action::Interested { peer: peer.key, interested });
            }
        }
    }
}

/// A sender that waits for an acknowledgement before its last short segment (RFC 896) has nothing else
/// to send meanwhile when it owes no more blocks than these.
const SHALLOW: u32 = 16;

/// Says what is asked of a peer, after what is taken back.
fn say_of(peer: &mut Peer, cursors: &Cursors, out: &mut Vec<Action>) {
    let key = peer.key;
    if !peer.cancel.is_empty() {
        let blocks = std::mem::take(&mut peer.cancel);
        out.push(Action::Cancel { peer: key, blocks });
    }
    if !peer.ask.is_empty() {
        let blocks = std::mem::take(&mut peer.ask);
        out.push(Action::Request { peer: key, blocks });
    }
    let front = peer.queue.front().filter(|_| !cursors.list.is_empty());
    let quickack =
        front.is_some_and(|owed| peer.depth <= SHALLOW || cursors.blocks_on(owed.block.piece));
    if quickack != peer.quickack {
        peer.quickack = quickack;
        out.push(Action::BlockingOn { peer: key, quickack });
    }
}
