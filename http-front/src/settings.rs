//! Settings that configuration sets at the start, with their bounds.

use std::ops::RangeInclusive;

use crate::FrontError;

/// MiB of [`Settings::ram_buffer_mb`].
const RAM_BUFFER_MB: RangeInclusive<u64> = 8..=65_536;
/// Of [`Settings::max_connections_per_torrent`]; the engine keeps state for each.
const CONNECTIONS: RangeInclusive<usize> = 1..=1000;

/// How much the engine may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Piece memory of the whole process, in MiB.
    pub ram_buffer_mb: u64,
    /// Peers a torrent is connected to at most.
    pub max_connections_per_torrent: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { ram_buffer_mb: 256, max_connections_per_torrent: 50 }
    }
}

impl Settings {
    /// Itself, if every value is within its bounds.
    ///
    /// # Errors
    /// [`FrontError::Config`] names the value that is not.
    pub fn checked(self) -> Result<Self, FrontError> {
        within("ram_buffer_mb", self.ram_buffer_mb, &RAM_BUFFER_MB)?;
        within("max_connections_per_torrent", self.max_connections_per_torrent, &CONNECTIONS)?;
        Ok(self)
    }

    /// [`Self::ram_buffer_mb`] in bytes.
    pub fn ram_budget(&self) -> u64 {
        self.ram_buffer_mb.saturating_mul(1024 * 1024)
    }
}

fn within<T: PartialOrd + std::fmt::Display>(
    name: &str,
    value: T,
    bounds: &RangeInclusive<T>,
) -> Result<(), FrontError> {
    if bounds.contains(&value) {
        return Ok(());
    }
    let (least, most) = (bounds.start(), bounds.end());
    Err(FrontError::Config(format!("{name}: {value} is not from {least} to {most}")))
}
