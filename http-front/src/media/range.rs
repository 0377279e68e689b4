//! What a `Range` header asks for (RFC 9110 §14.1–14.4), decided without touching a byte.

use wire::ByteRange;

/// The most ranges one request may ask for; more is refused (RFC 9110 §15.5.17).
pub const MAX_RANGES: usize = 16;

/// What part of a file goes out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selection {
    /// 200, the whole file: no `Range`, one of another unit, or one that means nothing.
    Whole,
    /// 206 with one `Content-Range`.
    One(ByteRange),
    /// 206 as `multipart/byteranges`, in the order asked for: two or more, none overlapping.
    Several(Vec<ByteRange>),
    /// 416 with `Content-Range: bytes */LEN`.
    Unsatisfiable,
}

/// One element of a byte range set, as it was written.
enum Spec {
    From { first: u64, last: u64 },
    Suffix(u64),
}

/// Decides what `header` selects of a file of `length` bytes.
///
/// A header that is not a well-formed set of byte ranges is ignored, as RFC 9110 §14.2 says; so is
/// a set with `last < first`. Numbers past 64 bits are clamped. More than [`MAX_RANGES`], or any
/// two that overlap, are refused whole: nobody plays such a set, and answering it costs.
pub fn select(header: Option<&str>, length: u64) -> Selection {
    let Some(set) = header.and_then(byte_set) else {
        return Selection::Whole;
    };
    let mut specs = Vec::new();
    for element in set.split(',').map(|element| element.trim_matches([' ', '\t'])) {
        if element.is_empty() {
            continue;
        }
        let Some(spec) = parse_spec(element) else {
            return Selection::Whole;
        };
        if specs.len() == MAX_RANGES {
            return Selection::Unsatisfiable;
        }
        specs.push(spec);
    }
    if specs.is_empty() {
        return Selection::Whole;
    }
    if length == 0 && specs.iter().any(|spec| matches!(spec, Spec::Suffix(1..))) {
        // "The last n bytes" of nothing is all of it, and no Content-Range can say so.
        return Selection::Whole;
    }
    let ranges: Vec<_> = specs.iter().filter_map(|spec| resolve(spec, length)).collect();
    match ranges.as_slice() {
        [] => Selection::Unsatisfiable,
        [one] => Selection::One(*one),
        several if overlap(several) => Selection::Unsatisfiable,
        _ => Selection::Several(ranges),
    }
}

/// What stands behind `bytes=`; range units are case-insensitive (RFC 9110 §14.1).
fn byte_set(header: &str) -> Option<&str> {
    let (unit, set) = header.trim_matches([' ', '\t']).split_once('=')?;
    unit.eq_ignore_ascii_case("bytes").then_some(set)
}

fn parse_spec(element: &str) -> Option<Spec> {
    let (first, last) = element.split_once('-')?;
    match (first, last) {
        ("", suffix) => Some(Spec::Suffix(number(suffix)?)),
        (first, "") => Some(Spec::From { first: number(first)?, last: u64::MAX }),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Spec::From { first, last })
        }
    }
}

/// A run of digits; one that does not fit in 64 bits is as large as can be.
fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

fn resolve(spec: &Spec, length: u64) -> Option<ByteRange> {
    match *spec {
        Spec::Suffix(0) => None,
        Spec::Suffix(wanted) => Some(ByteRange::new(length.saturating_sub(wanted), length)),
        Spec::From { first, .. } if first >= length => None,
        Spec::From { first, last } => {
            Some(ByteRange::new(first, last.saturating_add(1).min(length)))
        }
    }
}

fn overlap(ranges: &[ByteRange]) -> bool {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable_by_key(|range| range.start);
    sorted.windows(2).any(|pair| matches!(pair, [a, b] if b.start < a.end))
}
