//! The bodies of the fuzz targets in `fuzz/`: they panic when a promise is broken. The property
//! tests run the same functions, so that they are exercised without nightly.

use crate::hls::fragments::{Malformed, Part, Splitter};
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

/// Whatever ffmpeg writes, the same parts come out however its pipe cuts it, and no more bytes than
/// went in. The first byte of `data` says how it is cut, the rest is what ffmpeg wrote.
pub fn hls_fragments(data: &[u8]) {
    let Some((cut, written)) = data.split_first() else {
        return;
    };
    let (parts, error) = taken_apart([written]);
    let len = |part: &Part| match part {
        Part::Init(bytes) => bytes.len(),
        Part::Fragment(fragment) => fragment.bytes.len(),
    };
    assert!(parts.iter().map(len).sum::<usize>() <= written.len());
    let again = taken_apart(written.chunks(usize::from(*cut) + 1));
    assert_eq!((parts, error.is_some()), (again.0, again.1.is_some()));
}

fn taken_apart<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Part>, Option<Malformed>) {
    let mut splitter = Splitter::default();
    let mut parts = Vec::new();
    for chunk in chunks {
        splitter.buffer.extend_from_slice(chunk);
        loop {
            match splitter.take_part() {
                Ok(Some(part)) => parts.push(part),
                Ok(None) => break,
                Err(error) => return (parts, Some(error)),
            }
        }
    }
    (parts, None)
}
