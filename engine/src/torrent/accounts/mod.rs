//! What each stream was like: its waits, its viewer's seeks, one line in the log at its end.
//!
//! | module | concept |
//! | --- | --- |
//! | `account` | one stream's |
//! | `kind` | what a read is for |
//! | `reading` | how that changes while it goes on |
//! | `viewers` | where viewers were last, to tell a seek |
//! | `actor` | waits come in, lines go out |

pub(crate) mod account;
pub(crate) mod actor;
pub mod kind;
pub mod reading;
pub mod viewers;

use std::collections::HashMap;

use account::Account;
use viewers::Viewers;

/// Of all open streams of a torrent, by id, and where viewers were last.
#[derive(Default)]
pub(crate) struct Accounts {
    pub(crate) open: HashMap<u64, Account>,
    pub(crate) viewers: Viewers,
}
