//! The mainline DHT (BEP 5) as an actor: peers by info hash, without a tracker.
//!
//! | module | concept | source |
//! | --- | --- | --- |
//! | [`actor`] | `Dht`, one a process: wishes, health, told and saved nodes | BEP 5 |
//! | [`wishes`] | what each torrent wants, and whose turn it is: coalesced, bounded | |
//! | [`schedule`] | when a torrent is looked up and announced again | BEP 5 |
//! | [`contacts`] | nodes to start from: saved ones, and those peers tell of | BEP 5 |
//! | `node` | the `mainline` crate, each call guarded | BEP 5, 42, 43 |
//! | [`error`] | every way a query fails | |
//!
//! `mainline` knows IPv4 only, and answers only queries whose transaction id is 4 bytes long: nodes
//! that use shorter ones (libtorrent) get no reply from us, while our own queries are answered by
//! all. Peers are found all the same.

pub mod actor;
pub mod contacts;
pub mod error;
mod node;
pub mod schedule;
pub mod wishes;

pub use actor::{Config, Dht, Forget, Health, PeersFound, ToldNode, Want};
pub use error::DhtError;
pub use wishes::Wish;
