//! Why a file could not be probed.

use std::io;
use std::time::Duration;

/// Every failure of a probe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// The bytes could not be had.
    #[error("can't read the file: {0}")]
    Io(#[from] io::Error),
    /// The URL is not one that can be probed, or its server does not answer ranges.
    #[error("{0}")]
    Url(String),
    /// No known container begins like this.
    #[error("not a media file: its first bytes are of no known container")]
    NotMedia,
    /// The container says that it goes on past the end of the file.
    #[error("the file is truncated: {what} at byte {at} goes past its end")]
    Truncated {
        /// The box or element, by its name in the format.
        what: &'static str,
        /// Where it begins, in bytes from the file's start.
        at: u64,
    },
    /// The container contradicts its own format.
    #[error("the file is corrupt: {what} at byte {at}")]
    Malformed {
        /// What is wrong, in the words of the format.
        what: &'static str,
        /// Where, in bytes from the file's start.
        at: u64,
    },
    /// The index is larger than [`Limits::index_bytes`](super::Limits) allows.
    #[error("the index would take {wanted} bytes, the limit is {limit}")]
    TooLarge {
        /// Bytes that the probe would have fetched in all.
        wanted: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The probe did not end in time.
    #[error("the probe took longer than {0:?}")]
    TimedOut(Duration),
    /// The parser gave up on the file in a way of its own.
    #[error("the file's index can't be understood")]
    Unknown,
}

impl ProbeError {
    /// A slug for programs.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Io(_) => "read_failed",
            Self::Url(_) => "bad_url",
            Self::NotMedia => "not_media",
            Self::Truncated { .. } => "truncated",
            Self::Malformed { .. } => "malformed",
            Self::TooLarge { .. } => "index_too_large",
            Self::TimedOut(_) => "timed_out",
            Self::Unknown => "unknown",
        }
    }
}
