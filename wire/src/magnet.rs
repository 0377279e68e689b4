//! Magnet links (BEP 9).

/// Why a magnet link is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MagnetError {
    /// Longer than 8 KiB.
    #[error("magnet link longer than 8 KiB")]
    TooLong,
}
