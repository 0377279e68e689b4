//! What each command does.
//!
//! | module | command |
//! | --- | --- |
//! | [`serve`] | `millrace serve` |
//! | [`play`] | `millrace play` |
//! | [`create`], [`hashing`] | `millrace create`, and the piece hashes of files |
//! | [`seed`] | `millrace seed` |
//! | [`inspect`] | `millrace inspect` |
//! | [`probe`] | `millrace probe` |
//! | [`tracker`] | `millrace tracker` |
//! | `demo` | `millrace demo` |
//! | [`runtime`] | runtime, log and signals, for those that run until stopped |

pub mod create;
#[cfg(feature = "lab")]
pub mod demo;
pub mod hashing;
pub mod inspect;
pub mod play;
pub mod probe;
pub mod runtime;
pub mod seed;
pub mod serve;
pub mod tracker;
