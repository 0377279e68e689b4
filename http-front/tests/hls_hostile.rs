//! What ffmpeg writes is taken apart whatever it is.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod probe_support;

use std::sync::LazyLock;

use http_front::fuzz;
use http_front::hls::fragments::{Part, Splitter};
use probe_support::{Films, H264, INPUTS};
use proptest::prelude::*;

/// Eight seconds in fragments, as a head writes them.
static WRITTEN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let films = Films::new();
    let flags = "frag_keyframe+empty_moov+default_base_moof+frag_discont+delay_moov";
    let muxer = ["-t", "8", "-an", "-output_ts_offset", "10", "-f", "mp4", "-movflags", flags];
    std::fs::read(films.pipe("film.mp4", &[INPUTS, H264, &muxer])).unwrap()
});

#[test]
fn a_head_s_output_is_an_init_section_and_fragments() {
    let mut splitter = Splitter::default();
    splitter.buffer.extend_from_slice(&WRITTEN);
    assert!(matches!(splitter.take_part().unwrap(), Some(Part::Init(_))));
    let mut fragments = Vec::new();
    while let Some(Part::Fragment(fragment)) = splitter.take_part().unwrap() {
        fragments.push(fragment);
    }
    assert_eq!(fragments.len(), (8 * 25_usize).div_ceil(37));
    for pair in fragments.windows(2) {
        assert_eq!(pair[0].end, pair[1].start);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn of_it_with_bytes_changed_and_its_end_missing(
        cut: u8,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        near in any::<bool>(),
        kept: prop::sample::Index,
    ) {
        let mut data = [&[cut], WRITTEN.as_slice()].concat();
        let changed = if near { 1500.min(data.len()) } else { data.len() };
        for (at, byte) in changes {
            data[at.index(changed)] = byte;
        }
        data.truncate(kept.index(data.len()) + 1);
        fuzz::hls_fragments(&data);
    }

    #[test]
    fn of_bytes_that_mean_nothing(data in prop::collection::vec(any::<u8>(), 0..2000)) {
        fuzz::hls_fragments(&data);
    }
}
