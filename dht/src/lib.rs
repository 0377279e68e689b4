//! The mainline DHT (BEP 5) as an actor: peers by info hash, without a tracker.
//!
//! | module | concept | source |
//! | --- | --- | --- |
//! | [`actor`] | `Dht`, one a process: lookups, announces, health, saved nodes | BEP 5 |
//! | [`queries`] | which lookup or announce runs next: coalesced, bounded | |
//! | `node` | the `mainline` crate, each call guarded | BEP 5, 42, 43 |
//! | [`error`] | every way a query fails | |
//!
//! `mainline` knows IPv4 only, and answers only queries whose transaction id is 4 bytes long: nodes
//! that use shorter ones (libtorrent) get no reply from us, while our own queries are answered by
//! all. Peers are found all the same.

pub mod actor;
pub mod error;
mod node;
pub mod queries;

pub use actor::{Config, Dht, Health, PeersFound};
pub use error::DhtError;
