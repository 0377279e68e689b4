//! How long a piece is, as one writes it on the command line.

use std::str::FromStr;

use crate::FrontError;

/// Bytes: a power of two from 16 KiB to 64 MiB.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PieceLength(u32);

impl PieceLength {
    const LEAST: u32 = 16 * 1024;
    const MOST: u32 = 64 * 1024 * 1024;

    /// That many bytes, if a piece may be so long.
    pub fn new(bytes: u32) -> Option<Self> {
        let good = bytes.is_power_of_two() && (Self::LEAST..=Self::MOST).contains(&bytes);
        good.then_some(Self(bytes))
    }

    /// In bytes.
    pub fn bytes(self) -> u32 {
        self.0
    }
}

impl FromStr for PieceLength {
    type Err = FrontError;

    /// `262144`, `256K`, `256KiB`, `1M`.
    fn from_str(text: &str) -> Result<Self, FrontError> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit = match unit.to_ascii_lowercase().as_str() {
            "" => Some(1),
            "k" | "kib" => Some(1024),
            "m" | "mib" => Some(1024 * 1024),
            _ => None,
        };
        let bytes = number.parse::<u32>().ok().zip(unit).and_then(|(n, unit)| n.checked_mul(unit));
        bytes.and_then(Self::new).ok_or_else(|| {
            FrontError::Config("a power of two from 16K to 64M, like 256K or 1M".into())
        })
    }
}
