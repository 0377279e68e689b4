//! Torrent bytes and file bytes map to one another without gap or overlap.

mod common;

use common::{Sample, Spec};
use proptest::prelude::*;
use storage::{FileIndex, Layout, Segment};
use wire::ByteRange;

#[test]
fn files_that_share_a_piece_pads_and_empty_files() {
    let specs = [
        Spec::File("a/one", 10),
        Spec::File("a/empty", 0),
        Spec::Symlink("a/link"),
        Spec::Pad(6),
        Spec::File("b", 20),
    ];
    let layout = Layout::new(&Sample::new(16, &specs).info, "/root");
    let all: Vec<_> = layout.segments(ByteRange::new(4, 40)).collect();
    let segment = |file, offset, len, pad| Segment { file: FileIndex(file), offset, len, pad };
    let expected = [segment(0, 4, 6, false), segment(3, 0, 6, true), segment(4, 0, 20, false)];
    assert_eq!(all, expected);
    assert_eq!(layout.location(FileIndex(0)), std::path::Path::new("/root/a/one"));
    assert_eq!(layout.segments(ByteRange::new(36, 99)).count(), 0);
}

proptest! {
    #[test]
    fn segments_cover_a_range_in_order(
        lengths in prop::collection::vec((0u64..50, any::<bool>()), 1..20),
        start in 0u64..600,
        len in 0u64..600,
    ) {
        let specs: Vec<_> = lengths
            .iter()
            .map(|(len, pad)| if *pad { Spec::Pad(*len) } else { Spec::File("x", *len) })
            .collect();
        let sample = Sample::new(16, &specs);
        let layout = Layout::new(&sample.info, "/");
        let total = sample.data.len() as u64;
        let mut at = start;
        for segment in layout.segments(ByteRange::new(start, start + len)) {
            let file = layout.file(segment.file).unwrap();
            prop_assert!(segment.len > 0 && segment.offset + segment.len <= file.range.len());
            prop_assert_eq!(file.range.start + segment.offset, at);
            at += segment.len;
        }
        prop_assert_eq!(at, if start < total { (start + len).min(total) } else { start });
    }
}
