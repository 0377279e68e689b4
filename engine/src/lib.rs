//! The actors that make a torrent a stream.
//!
//! | module | concept |
//! | --- | --- |
//! | `handle` | the face other crates use: add, list, open a stream |
//! | `add` | what to add, and how |
//! | `view` | what the engine tells of itself: plain values for API and logs |
//! | `playback` | who watched what, and how far |
//! | `debug` | a torrent from inside: cursors, pieces, peers |
//! | `stream` | a cursor in, verified `Bytes` out |
//! | `engine` | actor `Engine`: the process's torrents; start-up and configuration |
//! | `settings` | what an operator may change while it runs |
//! | `torrent` | actor `Torrent`: one torrent's life, its streams, what the API asks |
//! | `swarm` | actor `Swarm`: address book, connection slots, choker, listener |
//! | `peer` | actor `PeerSession`: one connection, its reader and writer tasks |
//! | `limits` | rate limits, of the process and of each torrent |
//! | `picker` | actor `Picker` around a pure scheduler: which block is asked of whom |
//! | `supervise` | restarts actors that panic |
//! | `error` | every way the engine says no |

pub mod add;
pub mod debug;
pub mod engine;
pub mod error;
#[doc(hidden)]
pub mod fuzz;
pub mod handle;
pub mod limits;
mod peer;
pub mod picker;
mod playback;
pub mod settings;
pub mod stream;
pub mod supervise;
pub mod swarm;
pub mod torrent;
pub mod view;

pub use add::{AddTorrent, Added, TorrentSource};
pub use engine::boot::start;
pub use engine::config::{DhtConfig, EngineConfig};
pub use error::EngineError;
pub use handle::EngineHandle;
pub use picker::MediaHint;
pub use settings::Settings;
pub use storage::cache::policy::Backing;
pub use storage::catalogue::Watched;
pub use stream::{FileStream, OpenStream};
