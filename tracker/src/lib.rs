//! Tracker announces: the client as an actor, and a local tracker to announce to.
//!
//! | module | concept | source |
//! | --- | --- | --- |
//! | [`announce`] | the announce request as a URL, and its answer | BEP 3, 7, 23 |
//! | [`scrape`] | the scrape's URL and its answer | BEP 48 |
//! | [`schedule`] | which tracker of which tier hears which event, and when | BEP 3, 12 |
//! | [`tracker_state`] | what one tracker was told and last said | BEP 3 |
//! | [`client`] | one announce or scrape, whatever the URL's scheme | BEP 7 |
//! | [`udp`] | UDP trackers: packets, connection ids, retransmission | BEP 15, 41 |
//! | [`http`] | a guarded, bounded HTTP or HTTPS GET | RFC 9110, 9112 |
//! | `tls` | certificates and roots | RFC 8446 |
//! | `resolve` | a host's permitted addresses | |
//! | [`family`] | IPv4 or IPv6 | BEP 7 |
//! | [`actor`] | `Tracker`, one per torrent: schedule and client joined | |
//! | [`server`] | the local tracker, HTTP and UDP: announce, scrape, faults, status page | BEP 3, 7, 15, 23, 48 |
//! | [`error`] | every way an announce fails | |
//!
//! Decisions are in `announce`, `scrape`, `udp::packet`, `schedule`, `tracker_state` and
//! `server::store`, which take the time as an argument and touch no socket.

pub mod actor;
pub mod announce;
pub mod client;
pub mod error;
pub mod family;
#[doc(hidden)]
pub mod fuzz;
pub mod http;
mod resolve;
pub mod schedule;
pub mod scrape;
pub mod server;
mod tls;
pub mod tracker_state;
pub mod udp;

pub use actor::{Config, PeersFound, Tracker};
pub use announce::{Answer, Event, Request, Transfer};
pub use client::Client;
pub use error::TrackerError;
pub use family::Family;
pub use http::{HttpAnswer, Limits, fetch};
pub use schedule::Schedule;
pub use scrape::Counts;
pub use server::LocalTracker;
pub use tracker_state::{Phase, TrackerStatus};
