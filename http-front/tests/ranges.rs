//! RFC 9110 ranges and HOSTILE 46, without a server.

use http_front::fuzz;
use http_front::media::range::{MAX_RANGES, Selection, select};
use proptest::prelude::*;
use wire::ByteRange;

fn one(start: u64, end: u64) -> Selection {
    Selection::One(ByteRange::new(start, end))
}

#[test]
fn single_suffix_and_open_ranges() {
    assert_eq!(select(Some("bytes=0-0"), 100), one(0, 1));
    assert_eq!(select(Some("bytes=10-19"), 100), one(10, 20));
    assert_eq!(select(Some("bytes=10-"), 100), one(10, 100));
    assert_eq!(select(Some("bytes=-10"), 100), one(90, 100));
    assert_eq!(select(Some("BYTES=0-99"), 100), one(0, 100));
}

#[test]
fn what_exceeds_the_file_is_clamped() {
    assert_eq!(select(Some("bytes=90-1000"), 100), one(90, 100));
    assert_eq!(select(Some("bytes=-1000"), 100), one(0, 100));
    assert_eq!(select(Some("bytes=0-99999999999999999999999999"), 100), one(0, 100));
    assert_eq!(select(Some("bytes=-99999999999999999999999999"), 100), one(0, 100));
    assert_eq!(select(Some("bytes=0-18446744073709551615"), u64::MAX), one(0, u64::MAX));
}

#[test]
fn what_lies_outside_is_unsatisfiable() {
    for header in ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"] {
        assert_eq!(select(Some(header), 100), Selection::Unsatisfiable, "{header}");
    }
    assert_eq!(select(Some("bytes=0-"), 0), Selection::Unsatisfiable);
    assert_eq!(select(Some("bytes=-5"), 0), Selection::Whole);
}

#[test]
fn what_means_nothing_is_ignored() {
    for header in [
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-1",
        "bytes=1-2-3",
        "bytes=+1-2",
        "bytes= 1 - 2",
        "bytes=0x1-2",
        "seconds=1-2",
        "bytes:0-1",
        "bytes=0-1,x",
    ] {
        assert_eq!(select(Some(header), 100), Selection::Whole, "{header}");
    }
    assert_eq!(select(None, 100), Selection::Whole);
}

#[test]
fn several_keep_their_order() {
    let expected = vec![ByteRange::new(50, 60), ByteRange::new(0, 10), ByteRange::new(10, 20)];
    let several = select(Some("bytes=50-59, 0-9 ,,\t10-19"), 100);
    assert_eq!(several, Selection::Several(expected));
    assert_eq!(select(Some("bytes=0-9,200-300"), 100), one(0, 10));
}

#[test]
fn hostile_46_overlaps_and_too_many_are_refused() {
    for header in ["bytes=0-9,5-14", "bytes=0-,0-", "bytes=0-0,-100", "bytes=1-5,0-9"] {
        assert_eq!(select(Some(header), 100), Selection::Unsatisfiable, "{header}");
    }
    let many = |count: u64| {
        let set: Vec<_> = (0..count).map(|n| format!("{}-{}", n * 2, n * 2)).collect();
        format!("bytes={}", set.join(","))
    };
    let most = MAX_RANGES as u64;
    let Selection::Several(ranges) = select(Some(&many(most)), 10_000) else {
        panic!("{most} ranges are allowed");
    };
    assert_eq!(ranges.len(), MAX_RANGES);
    assert_eq!(select(Some(&many(most + 1)), 10_000), Selection::Unsatisfiable);
    assert_eq!(select(Some(&many(5000)), 100_000), Selection::Unsatisfiable);
}

proptest! {
    #[test]
    fn whatever_comes_what_goes_out_lies_in_the_file(
        header in "(bytes=)?([0-9]{0,3}-[0-9]{0,3},? ?){0,20}[-0-9, \t=a]{0,20}",
        length in prop_oneof![0..200_u64, any::<u64>()],
    ) {
        let mut data = length.to_le_bytes().to_vec();
        data.extend_from_slice(header.as_bytes());
        fuzz::range(&data);
    }

    #[test]
    fn junk_is_survived(data in prop::collection::vec(any::<u8>(), 0..100)) {
        fuzz::range(&data);
    }
}
