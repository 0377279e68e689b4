//! What each command does.
//!
//! | module | command |
//! | --- | --- |
//! | [`serve`] | `millrace serve` |
//! | [`play`] | `millrace play` |
//! | [`create`] | `millrace create` |
//! | [`hashing`], [`piece_length`] | files that become a torrent, and their piece hashes |
//! | [`progress`] | how far the hashing is |
//! | [`source`] | what a command is given: .torrent or magnet |
//! | [`seed`] | `millrace seed` |
//! | [`inspect`] | `millrace inspect` |
//! | [`probe`] | `millrace probe` |
//! | [`tracker`] | `millrace tracker` |
//! | `demo` | `millrace demo` |
//! | `lab` | `millrace lab` |
//! | [`runtime`] | runtime, log and signals, for those that run until stopped |

pub mod create;
#[cfg(feature = "lab")]
pub mod demo;
pub mod hashing;
pub mod inspect;
#[cfg(feature = "lab")]
pub mod lab;
pub mod piece_length;
pub mod play;
pub mod probe;
pub mod progress;
pub mod runtime;
pub mod seed;
pub mod serve;
pub mod source;
pub mod tracker;
