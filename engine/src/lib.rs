//! The actors that make a torrent a stream.
//!
//! | module | concept |
//! | --- | --- |
//! | [`handle`] | the face other crates use: add, list, open a stream |
//! | [`view`] | what the engine tells of itself: plain values for API and logs |
//! | [`picker`] | which block is asked of which peer, when |
//! | [`stream`] | a cursor in, verified `Bytes` out |
//! | [`supervise`] | restarts actors that panic |

pub mod error;
pub mod handle;
pub mod picker;
pub mod stream;
pub mod supervise;
pub mod view;

pub use error::EngineError;
pub use handle::EngineHandle;
pub use stream::{FileStream, OpenStream};
