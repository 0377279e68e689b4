//! Tracker announces: the client as an actor, and a local tracker to announce to.
//!
//! | module | concept | source |
//! | --- | --- | --- |
//! | [`announce`] | the announce request as a URL, and its answer | BEP 3, 7, 23 |
//! | [`schedule`] | which tracker of which tier hears which event, and when | BEP 3, 12 |
//! | [`tracker_state`] | what one tracker was told and last said | BEP 3 |
//! | [`client`] | one announce, whatever the URL's scheme | |
//! | [`http`] | a guarded, bounded HTTP GET | RFC 9110, 9112 |
//! | [`actor`] | `Tracker`, one per torrent: schedule and client joined | |
//! | [`server`] | the local tracker: announce, scrape, status page | BEP 3, 23, 48 |
//! | [`error`] | every way an announce fails | |
//!
//! Decisions are in `announce`, `schedule`, `tracker_state` and `server::store`, which take the time
//! as an argument and touch no socket.

pub mod actor;
pub mod announce;
pub mod client;
pub mod error;
#[doc(hidden)]
pub mod fuzz;
pub mod http;
pub mod schedule;
pub mod server;
pub mod tracker_state;

pub use actor::{Config, PeersFound, Tracker};
pub use announce::{Answer, Event, Request, Transfer};
pub use error::TrackerError;
pub use schedule::Schedule;
pub use server::LocalTracker;
pub use tracker_state::{Phase, TrackerStatus};
