//! One torrent's life.
//!
//! | module | concept |
//! | --- | --- |
//! | `actor` | life cycle: opens its files, has them checked, saves what it knows |
//! | `run` | starts and stops what it runs on: swarm, announces, picker |
//! | `pieces` | what cache and disk tell of its pieces |
//! | `commands` | what the API asks: view, pause, select, recheck, remove |
//! | `streams` | its open reads |
//! | `progress` | verified bytes by file, and what the background still wants |
//! | `status` | the one word for where it is |
//! | `resume` | which saved have-bits the files on disk can bear out |

pub(crate) mod actor;
pub(crate) mod commands;
pub(crate) mod pieces;
pub mod progress;
pub mod resume;
pub(crate) mod run;
pub mod status;
pub(crate) mod streams;
