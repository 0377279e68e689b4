//! Bencoded values (BEP 3), read within bounds and without copying strings.
//!
//! | file | concept |
//! | --- | --- |
//! | `token` | a tokenizer that forgives unsorted keys; bendy's own does not |
//! | `tree` | tokens to [`Value`], with caps on depth and on the number of tokens |
//! | `value` | [`Value`] and [`Dict`] with typed getters |
//! | `write` | a dictionary of our own, by way of bendy's `Encoder` |

mod token;
mod tree;
mod value;
pub(crate) mod write;

pub use value::{Dict, Value};

/// What one reading may cost at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Lists and dictionaries inside one another.
    pub depth: usize,
    /// Tokens in all: a list, dictionary, integer, string (keys too) and each end count one.
    pub tokens: usize,
}

impl Limits {
    /// For .torrent files: room for [`crate::metainfo::MAX_FILES`] files of a few elements each.
    pub const METAINFO: Self = Self { depth: 32, tokens: 1_200_000 };
    /// For tracker answers and other things a stranger sends.
    pub const MESSAGE: Self = Self { depth: 32, tokens: 100_000 };
    /// For extended messages (BEP 10): a few keys, and some of other extensions.
    pub const EXTENDED: Self = Self { depth: 16, tokens: 4096 };
}

/// Why bytes are no bencoded value, or none this client reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BencodeError {
    /// The bytes end inside a value.
    #[error("ends inside a value")]
    UnexpectedEnd,
    /// A byte that starts nothing, or an `e` that ends nothing.
    #[error("unexpected byte")]
    UnexpectedByte,
    /// Not canonical (`i03e`, `i-0e`, `ie`), or outside of 64 bits.
    #[error("bad integer")]
    Integer,
    /// A string's length is not canonical or reaches past the end.
    #[error("bad string length")]
    Length,
    /// A dictionary key that is no string, or a key without a value.
    #[error("bad dictionary")]
    Dictionary,
    /// Deeper than [`Limits::depth`].
    #[error("nested too deep")]
    Depth,
    /// More than [`Limits::tokens`].
    #[error("too many values")]
    Tokens,
}

/// Reads the value at the start of `bytes`; whatever follows is ignored. Canonical input goes
/// through bendy; what it refuses gets a second reading that differs in one thing only: keys may
/// be unsorted or repeated ([`Dict::has_duplicates`] tells).
///
/// # Errors
/// [`BencodeError`] as it stood after the second reading.
pub fn read(bytes: &[u8], limits: Limits) -> Result<Value<'_>, BencodeError> {
    let strict = bendy::decoding::Decoder::new(bytes)
        .with_max_depth(limits.depth)
        .tokens()
        .map(|token| token.map_err(|_| BencodeError::UnexpectedByte));
    match tree::build(bytes, strict, limits) {
        Ok((value, _)) => Ok(value),
        Err(BencodeError::Tokens) => Err(BencodeError::Tokens),
        Err(_) => read_tolerant(bytes, limits),
    }
}

/// Reads the value at the start of `bytes` as real trackers and peers send them: keys in any order,
/// bytes after the value ignored.
///
/// # Errors
/// [`BencodeError`] for anything else out of order.
pub fn read_tolerant(bytes: &[u8], limits: Limits) -> Result<Value<'_>, BencodeError> {
    read_prefix(bytes, limits).map(|(value, _)| value)
}

/// [`read_tolerant`], and how many bytes the value took: `ut_metadata` puts data behind it (BEP 9).
///
/// # Errors
/// As [`read_tolerant`].
pub fn read_prefix(bytes: &[u8], limits: Limits) -> Result<(Value<'_>, usize), BencodeError> {
    tree::build(bytes, token::Tolerant::new(bytes), limits)
}
