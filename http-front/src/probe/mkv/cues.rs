//! Cues (RFC 9559, 5.1.5): time to cluster.

use super::ebml::{Element, elements, find, id};
use crate::probe::info::scaled;
use crate::probe::keyframes::{IndexBuilder, KeyframeIndex};

/// Cue points looked at; a film of 2 h has about 7,000.
const MAX_CUES: usize = 4_000_000;

/// What turns the numbers of the Cues into times and places in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// TimestampScale: nanoseconds of one tick.
    pub(super) tick: u64,
    /// Where the segment's content begins in the file, in bytes.
    pub(super) segment: u64,
}

/// The cue points of `track` in the content of Cues; those of any track if it has none.
pub(super) fn read(cues: &[u8], track: Option<u64>, scale: Scale) -> Option<KeyframeIndex> {
    let of = |track| {
        let mut index = IndexBuilder::default();
        for point in elements(cues).take(MAX_CUES) {
            if point.id == id::CUE_POINT
                && let Some((time, cluster)) = cue(&point, track, scale)
            {
                index.push(time, cluster);
            }
        }
        index.finish()
    };
    track.and_then(|track| of(Some(track))).or_else(|| of(None))
}

fn cue(
    point: &Element<'_>,
    track: Option<u64>,
    scale: Scale,
) -> Option<(std::time::Duration, u64)> {
    let ticks = find(point.body, id::CUE_TIME)?.uint()?;
    let time = scaled(ticks.checked_mul(scale.tick)?, 1_000_000_000)?;
    let positions = elements(point.body).filter(|e| e.id == id::CUE_TRACK_POSITIONS);
    let mut clusters = positions.filter_map(|position| {
        let of = find(position.body, id::CUE_TRACK)?.uint()?;
        let cluster = find(position.body, id::CUE_CLUSTER_POSITION)?.uint()?;
        track.is_none_or(|track| track == of).then_some(cluster)
    });
    Some((time, scale.segment.checked_add(clusters.next()?)?))
}
