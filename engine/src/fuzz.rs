//! Bodies of the fuzz targets under `fuzz/`; tests run them too.

use crate::picker::hint;

/// Eight bytes of a file's length, then the file's first bytes: an index that is found in them lies
/// in the file.
pub fn index_behind(data: &[u8]) {
    let Some((length, head)) = data.split_first_chunk::<8>() else { return };
    let length = u64::from_be_bytes(*length);
    let index = hint::index_behind(head, length);
    assert!(index.is_none_or(|index| index.start < index.end && index.end <= length));
}
