//! What the container says of a file: how fast its bytes are consumed, and which are read first.

use std::time::Duration;

use wire::ByteRange;

/// Steps of a curve that are kept; later ones count as the average.
const MAX_STEPS: usize = 4096;
/// Stretches of an index that are kept.
const MAX_INDEX: usize = 16;

/// Bytes of an index that are asked for before it is known to be one.
const MOST_BEHIND: u64 = 4 * 1024 * 1024;

/// What the front found out of a media file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MediaHint {
    /// Bits a second of playback, on average; 0 when unknown.
    pub average: u64,
    /// What one step of `curve` lasts.
    pub step: Duration,
    /// Bits a second in each step of playback; may be empty.
    pub curve: Vec<u64>,
    /// The file's bytes a player reads before it plays or seeks: moov, Cues, the head.
    pub index: Vec<ByteRange>,
}

/// The same by position in the torrent.
#[derive(Default)]
pub(super) struct Pace {
    /// From which byte on how many bytes a second are consumed, by byte.
    steps: Vec<(u64, f64)>,
    /// What is read first.
    pub(super) index: Vec<ByteRange>,
}

impl Pace {
    /// Of a file that begins at byte `start` of the torrent.
    pub(super) fn new(hint: &MediaHint, start: u64) -> Self {
        let (mut at, mut steps) = (start, Vec::new());
        for bits in hint.curve.iter().take(MAX_STEPS) {
            let rate = *bits as f64 / 8.0;
            steps.push((at, rate));
            at = at.saturating_add((rate * hint.step.as_secs_f64()) as u64);
        }
        steps.push((at, hint.average as f64 / 8.0));
        let index = hint.index.iter().take(MAX_INDEX);
        let shifted = |range: &ByteRange| {
            ByteRange::new(range.start.saturating_add(start), range.end.saturating_add(start))
        };
        Self { steps, index: index.map(shifted).collect() }
    }

    /// Bytes a second consumed at `byte`; 0 when nothing is known.
    pub(super) fn at(&self, byte: u64) -> f64 {
        let after = self.steps.partition_point(|(start, _)| *start <= byte);
        after.checked_sub(1).and_then(|step| self.steps.get(step)).map_or(0.0, |(_, rate)| *rate)
    }
}

/// Where the index of an MP4 is that lies behind its media data, as its first bytes say: in a file of
/// `length` bytes, [`MOST_BEHIND`] of it at most. The bytes need not be verified.
pub(crate) fn index_behind(head: &[u8], length: u64) -> Option<ByteRange> {
    let (kind, mut at) = boxed(head, 0)?;
    if kind != b"ftyp" {
        return None;
    }
    loop {
        let (kind, end) = boxed(head, at)?;
        match kind {
            b"moov" => return None,
            b"mdat" => {
                let most = length.min(end.saturating_add(MOST_BEHIND));
                return (end < length).then(|| ByteRange::new(end, most));
            }
            _ => at = end,
        }
    }
}

/// The kind of the box at `at` and where it ends (ISO/IEC 14496-12, 4.2).
fn boxed(head: &[u8], at: u64) -> Option<(&[u8; 4], u64)> {
    let rest = head.get(usize::try_from(at).ok()?..)?;
    let (size, rest) = rest.split_first_chunk::<4>()?;
    let (kind, rest) = rest.split_first_chunk::<4>()?;
    let size = match u32::from_be_bytes(*size) {
        1 => u64::from_be_bytes(*rest.first_chunk::<8>()?),
        size => u64::from(size),
    };
    (size >= 8).then(|| (kind, at.saturating_add(size)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn film(boxes: &[(u32, &[u8; 4])]) -> Vec<u8> {
        let body = |size: &u32| vec![0; (*size as usize).clamp(8, 64) - 8];
        let boxes = boxes
            .iter()
            .map(|(size, kind)| [&size.to_be_bytes()[..], &kind[..], &body(size)].concat());
        boxes.collect::<Vec<_>>().concat()
    }

    #[test]
    fn an_index_behind_the_media_data_is_found() {
        let behind = film(&[(24, b"ftyp"), (8, b"free"), (5000, b"mdat")]);
        assert_eq!(index_behind(&behind, 6000), Some(ByteRange::new(5032, 6000)));
        assert_eq!(index_behind(&behind, 5032), None, "nothing is behind it");
        assert_eq!(index_behind(&behind[..36], 6000), None, "cut off");
        let far = index_behind(&behind, 1 << 40);
        assert_eq!(far, Some(ByteRange::new(5032, 5032 + MOST_BEHIND)));
        let mut long = film(&[(24, b"ftyp"), (1, b"mdat")]);
        long.extend((1_u64 << 33).to_be_bytes());
        let index = ByteRange::new((1 << 33) + 24, (1 << 33) + 100);
        assert_eq!(index_behind(&long, index.end), Some(index));
    }

    #[test]
    fn no_index_is_behind_a_file_that_has_it_in_front_or_is_no_mp4() {
        let front = film(&[(24, b"ftyp"), (60, b"moov"), (5000, b"mdat")]);
        let other = film(&[(24, b"RIFF"), (5000, b"mdat")]);
        let endless = film(&[(24, b"ftyp"), (0, b"mdat")]);
        for head in [front, other, endless, Vec::new()] {
            assert_eq!(index_behind(&head, 6000), None);
        }
    }

    proptest! {
        /// Whatever a liar sends as a head: the range lies in the file.
        #[test]
        fn any_head_names_a_range_in_its_file(
            head: Vec<u8>,
            boxes in proptest::collection::vec((0_u32..64, 0_usize..5), 0..9),
            length: u64,
        ) {
            let kinds = [b"ftyp", b"mdat", b"moov", b"free", b"wide"];
            let boxes: Vec<_> = boxes.iter().map(|(size, kind)| (*size, kinds[*kind])).collect();
            for head in [&head, &film(&boxes), &[film(&[(24, b"ftyp")]), film(&boxes)].concat()] {
                crate::fuzz::index_behind(&[&length.to_be_bytes()[..], head].concat());
            }
        }
    }

    #[test]
    fn the_curve_is_laid_along_the_bytes() {
        let hint = MediaHint {
            average: 800,
            step: Duration::from_secs(2),
            curve: vec![400, 0, 4000],
            index: vec![ByteRange::new(5, 9)],
        };
        let pace = Pace::new(&hint, 1000);
        let rates = [999, 1000, 1099, 1100, 2099, 2100].map(|byte| pace.at(byte));
        assert_eq!(rates, [0.0, 50.0, 50.0, 500.0, 500.0, 100.0]);
        assert_eq!(pace.index, [ByteRange::new(1005, 1009)]);
        assert_eq!(Pace::default().at(0), 0.0);
    }
}
