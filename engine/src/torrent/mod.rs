//! One torrent's life.
//!
//! | module | concept |
//! | --- | --- |
//! | [`actor`] | life cycle: check, run, rest; what storage tells of pieces |
//! | [`commands`] | what the API asks: view, pause, select, recheck, remove |
//! | [`streams`] | its open reads |
//! | [`progress`] | verified bytes by file, and what the background still wants |
//! | [`status`] | the one word for where it is |
//! | [`resume`] | which saved have-bits the files on disk can bear out |

pub(crate) mod actor;
pub(crate) mod commands;
pub mod progress;
pub mod resume;
pub mod status;
pub(crate) mod streams;
