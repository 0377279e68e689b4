//! What the container says of a file: how fast its bytes are consumed, and which are read first.

use std::time::Duration;

use wire::ByteRange;

/// Steps of a curve that are kept; later ones count as the average.
const MAX_STEPS: usize = 4096;
/// Stretches of an index that are kept.
const MAX_INDEX: usize = 16;

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

#[cfg(test)]
mod tests {
    use super::*;

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
