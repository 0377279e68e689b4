//! How many files and sockets the process may have open at once.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// With fewer, peers and readers are soon turned away.
pub const COMFORTABLE: u64 = 1024;

/// The limit in force; `None` is no limit.
pub fn limit() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// Raises the limit to the highest that needs no privilege. Where that is refused the old one
/// stays.
pub fn raise() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => tracing::debug!(from = ?current, to = ?maximum, "limit of open files raised"),
        Err(error) => tracing::debug!(%error, ?current, "the limit of open files stays"),
    }
}
