//! When the kernel wakes a reader: `SO_RCVLOWAT`, which no safe wrapper offers.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// The socket counts as readable from `bytes` received bytes on, at its end and on errors (socket(7)).
///
/// # Errors
/// What `setsockopt` says.
pub(super) fn wake_at(socket: BorrowedFd<'_>, bytes: usize) -> io::Result<()> {
    let bytes = c_int::try_from(bytes).unwrap_or(c_int::MAX);
    let length = size_of::<c_int>() as libc::socklen_t;
    // SAFETY: the descriptor is open while it is borrowed, and the kernel only reads the
    // `length` bytes of `bytes`, which lives until the call returns; no pointer outlives it.
    let outcome = unsafe {
        let value = (&raw const bytes).cast::<c_void>();
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_RCVLOWAT, value, length)
    };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
