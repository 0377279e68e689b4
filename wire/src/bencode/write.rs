//! Dictionaries of our own making.

use bendy::encoding::{Encoder, Error, UnsortedDictEncoder};
use bytes::Bytes;

/// A dictionary with what `content` puts in, sorted by key. bendy fails on a repeated key and on
/// nesting too deep only; a caller that manages either gets an empty dictionary.
pub(crate) fn dict(content: impl FnOnce(&mut UnsortedDictEncoder) -> Result<(), Error>) -> Bytes {
    let mut encoder = Encoder::new();
    let written = encoder.emit_and_sort_dict(content).and_then(|()| encoder.get_output());
    written.map_or(Bytes::from_static(b"de"), Bytes::from)
}
