//! The rules of one peer connection (BEP 3, 6, 9, 10, 11, 54) without the connection: events in, actions out.
//!
//! | file | concept |
//! | --- | --- |
//! | `event` | [`Event`], [`Action`], why a connection is closed |
//! | `from_peer` | what the peer's messages do |
//! | `told` | how far the peer is with saying which pieces it has |
//! | `from_us` | what our own decisions do, and the tick |
//! | `before_metadata` | what the peer says while the metadata is unknown |
//! | `extensions` | extended messages, both ways |
//! | `downloads` | blocks we asked for, and those that may still come though given up |
//! | `uploads` | blocks the peer asked for |
//! | `flood` | how many messages without use are borne |

mod before_metadata;
mod downloads;
mod event;
mod extensions;
mod flood;
mod from_peer;
mod from_us;
mod told;
mod uploads;

use std::time::{Duration, Instant};

pub use downloads::EXPECTED_FOR;
pub use event::{Action, CloseReason, DropReason, Event, PeerConfig};
pub use uploads::MAX_QUEUED_REQUESTS;

use crate::{Bitfield, BlockRef, ExtensionHandshake, Geometry, Message, PieceIndex};
use downloads::Downloads;
use extensions::Extensions;
use flood::Flood;
use told::Told;
use uploads::Uploads;

/// After this long without a message of ours a keep-alive is sent: BEP 3 names two minutes.
pub const KEEP_ALIVE_AFTER: Duration = Duration::from_secs(100);
/// A peer silent this long is gone.
pub const SILENT_AFTER: Duration = Duration::from_secs(150);
/// Blocks nobody asked for that close the connection (HOSTILE 22).
pub const MAX_UNASKED: u32 = 10;
/// Messages about pieces kept while the metadata is unknown; one more closes the connection.
pub const MAX_EARLY: usize = 4096;
/// Extended handshakes of one connection: the first, and ten more (HOSTILE 29).
pub const MAX_HANDSHAKES: u32 = 11;
/// PEX messages taken at any time; those that follow have to keep to [`PEX_INTERVAL`] (HOSTILE 32).
pub const MAX_PEX_BURST: u32 = 2;
/// The time between PEX messages: BEP 11 allows one a minute.
pub const PEX_INTERVAL: Duration = Duration::from_secs(60);
/// Allowed-fast pieces remembered of a peer; BEP 6 suggests granting ten.
const MAX_ALLOWED_FAST: usize = 64;

/// One connection after its handshakes.
#[derive(Debug)]
pub struct PeerState {
    /// `None` while the metadata is unknown; both bitfields are empty then.
    geometry: Option<Geometry>,
    /// What the peer said of its pieces until the metadata is known, in order.
    early: Vec<Message>,
    /// Both sides announced BEP 6.
    fast: bool,
    extensions: Extensions,
    /// Pieces the peer has; none until it says so.
    theirs: Bitfield,
    /// Pieces we told the peer we have: others are not served.
    ours: Bitfield,
    /// BITFIELD, HAVE ALL and HAVE NONE are only valid before anything else that matters.
    told: Told,
    /// Ours is said, be it by silence: what is news goes by HAVE.
    bitfield_sent: bool,
    peer_chokes: bool,
    peer_interested: bool,
    we_choke: bool,
    we_interested: bool,
    downloads: Downloads,
    uploads: Uploads,
    /// Pieces the peer sends though it chokes us (BEP 6).
    allowed_fast: Vec<PieceIndex>,
    flood: Flood,
    /// Blocks that came unasked, and requests that can't be met, over the connection's life.
    unasked: u32,
    bad_requests: u32,
    last_sent: Instant,
    last_received: Instant,
    closed: bool,
}

impl PeerState {
    /// A connection whose handshakes are done: both sides choke, neither is interested, the peer
    /// has nothing (BEP 3).
    pub fn new(config: PeerConfig) -> Self {
        let PeerConfig { geometry, fast, extended, now } = config;
        let none = Bitfield::none(geometry.map_or(0, |geometry| geometry.pieces()));
        Self {
            geometry,
            early: Vec::new(),
            fast,
            extensions: Extensions::new(extended),
            theirs: none.clone(),
            ours: none,
            told: Told::NotYet,
            bitfield_sent: false,
            peer_chokes: true,
            peer_interested: false,
            we_choke: true,
            we_interested: false,
            downloads: Downloads::default(),
            uploads: Uploads::default(),
            allowed_fast: Vec::new(),
            flood: Flood::new(now),
            unasked: 0,
            bad_requests: 0,
            last_sent: now,
            last_received: now,
            closed: false,
        }
    }

    /// Takes one event and appends what follows from it to `out`, in the order to be carried out.
    /// After [`Action::Close`] nothing follows from anything.
    pub fn handle(&mut self, now: Instant, event: Event<'_>, out: &mut Vec<Action>) {
        if self.closed {
            return;
        }
        let outcome = match event {
            Event::Message(message) => {
                self.last_received = now;
                self.on_message(now, message, out)
            }
            Event::Block { piece, begin, length } => {
                self.last_received = now;
                self.on_block(now, piece, begin, length, out)
            }
            Event::Geometry(geometry) => self.on_geometry(now, geometry, out),
            Event::Tick => self.on_tick(now, out),
            ours => {
                self.on_ours(now, ours, out);
                Ok(())
            }
        };
        if let Err(reason) = outcome {
            self.closed = true;
            out.push(Action::Close(reason));
        }
    }

    /// Blocks asked for and not answered, in the order they were asked for.
    pub fn outstanding(&self) -> impl ExactSizeIterator<Item = BlockRef> + '_ {
        self.downloads.outstanding()
    }

    /// Requests of the peer not served yet.
    pub fn queued_uploads(&self) -> usize {
        self.uploads.len()
    }

    /// Pieces the peer has.
    pub fn theirs(&self) -> &Bitfield {
        &self.theirs
    }

    /// Whether the peer chokes us.
    pub fn peer_chokes(&self) -> bool {
        self.peer_chokes
    }

    /// Whether the peer wants something of ours.
    pub fn peer_interested(&self) -> bool {
        self.peer_interested
    }

    /// Whether we choke the peer.
    pub fn we_choke(&self) -> bool {
        self.we_choke
    }

    /// Whether we told the peer that we want something of its.
    pub fn we_interested(&self) -> bool {
        self.we_interested
    }

    /// Whether both sides speak BEP 6.
    pub fn fast(&self) -> bool {
        self.fast
    }

    /// What the peer said of itself (BEP 10); `None` before it did.
    pub fn introduced(&self) -> Option<&ExtensionHandshake> {
        self.extensions.theirs.as_ref()
    }

    /// How the torrent divides, once that is known.
    pub fn geometry(&self) -> Option<Geometry> {
        self.geometry
    }

    /// Whether a request for a block of `piece` would be answered now.
    pub fn may_request(&self, piece: PieceIndex) -> bool {
        self.theirs.get(piece) && (!self.peer_chokes || self.allowed_fast.contains(&piece))
    }

    fn send(&mut self, now: Instant, message: Message, out: &mut Vec<Action>) {
        self.last_sent = now;
        out.push(Action::Send(message));
    }
}
