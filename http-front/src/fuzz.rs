//! The bodies of the fuzz targets in `fuzz/`: they panic when a promise is broken. The property
//! tests run the same functions, so that they are exercised without nightly.

use crate::media::range::{MAX_RANGES, Selection, select};

/// Whatever the header, what goes out lies in the file, is not empty, and no byte goes out twice.
/// The file's length comes from the first eight bytes of `data`, the header from the rest.
pub fn range(data: &[u8]) {
    let Some((length, header)) = data.split_first_chunk() else {
        return;
    };
    let length = u64::from_le_bytes(*length);
    let header = String::from_utf8_lossy(header);
    let ranges = match select(Some(&header), length) {
        Selection::One(range) => vec![range],
        Selection::Several(ranges) => {
            assert!(ranges.len() > 1, "several are more than one");
            ranges
        }
        Selection::Whole | Selection::Unsatisfiable => Vec::new(),
    };
    assert!(ranges.len() <= MAX_RANGES);
    for (i, range) in ranges.iter().enumerate() {
        assert!(!range.is_empty() && range.end <= length, "{header:?} of {length}: {range:?}");
        for other in ranges.iter().skip(i + 1) {
            let apart = range.end <= other.start || other.end <= range.start;
            assert!(apart, "{header:?} of {length}: {range:?} and {other:?}");
        }
    }
}
