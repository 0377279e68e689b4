//! One torrent's life.
//!
//! | module | concept |
//! | --- | --- |
//! | `actor` | its state; what its swarm and trackers report |
//! | `content` | its files and pieces, once the metadata is known |
//! | `metadata` | fetches a magnet link's metadata (BEP 9) |
//! | `opening` | from metadata to files that are open and looked at |
//! | `run` | starts and stops what it runs on: swarm, announces, picker |
//! | `pieces` | what cache and disk tell of its pieces |
//! | `commands` | what the API asks: view, pause, select, recheck, remove |
//! | `streams` | its open reads |
//! | `keeping` | what it keeps on disk, and whether it may go to make room |
//! | `accounts` | what they waited for; one line in the log at each one's end |
//! | `debug` | all of it from inside |
//! | `progress` | verified bytes by file, and what the background still wants |
//! | `patience` | how long it looks for a first peer, and how often again |
//! | `hints` | what the front found out of its media files |
//! | `known_peers` | what its peers showed, kept in the catalogue |
//! | `seeking` | looks for peers, gives up, stops seeding when it gave enough |
//! | `status` | the one word for where it is |
//! | `resume` | which saved have-bits the files on disk can bear out |

pub mod accounts;
pub(crate) mod actor;
pub(crate) mod commands;
pub(crate) mod content;
pub(crate) mod debug;
pub(crate) mod hints;
pub(crate) mod keeping;
pub(crate) mod known_peers;
pub(crate) mod metadata;
pub(crate) mod opening;
pub mod patience;
pub(crate) mod pieces;
pub mod progress;
pub mod resume;
pub(crate) mod run;
pub(crate) mod seeking;
pub mod status;
pub(crate) mod streams;
