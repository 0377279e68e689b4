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
//! # What works between the clients
//! `mainline` answers only queries whose transaction id is 4 bytes long, and libtorrent's are 2: it
//! gets no reply from us, nor from any other `mainline` node. Our own queries are answered by all,
//! and our announce goes to nodes of both kinds, so peers find each other where libtorrent nodes
//! are. Measured on loopback with four nodes of each, in a debug build, by
//! `fixtures/tests/dht_finds_a_libtorrent_seeder.rs`:
//!
//! | | found |
//! | --- | --- |
//! | a libtorrent seeder, by us, started from a libtorrent node | 2–4 ms after the actor's start |
//! | the same, started from `mainline` nodes that know the libtorrent ones | 5–11 ms |
//! | us, by a libtorrent leecher that then dials | within its announce interval (2 s there) |
//!
//! A lookup tells its peers as they come. It ends when every node asked has answered, or after two
//! seconds of silence.
//!
//! # Limits of `mainline`
//! - IPv4 only.
//! - It takes no node while it runs: those that peers tell of wait in [`contacts`] for a build.
//! - Any panic in its thread ends it: the actor builds another.
//! - It numbers its transactions from 0, and asks nodes at whatever address other nodes name. Who
//!   can send from the address of a node that was asked can answer in its place; what it says is
//!   held to the policy and the cap as every answer is (HOSTILE 40), and a peer proves itself by its
//!   pieces.

pub mod actor;
pub mod contacts;
pub mod error;
mod node;
pub mod schedule;
pub mod wishes;

pub use actor::{Config, Dht, Forget, Health, PeersFound, ToldNode, Want};
pub use error::DhtError;
pub use wishes::Wish;
