//! The body of a fuzz target, run by `tests/` too.

use super::cue::{MAX_CUES, MAX_TEXT};
use super::{Format, vtt};

/// Any bytes as a subtitle file of each format: bounded cues in order, and a WebVTT file of them
/// that reads as the same cues.
pub fn file(bytes: &[u8]) {
    for format in [Format::Srt, Format::Ass, Format::Vtt] {
        let cues = format.parse(bytes);
        assert!(cues.len() <= MAX_CUES && cues.is_sorted_by_key(|cue| cue.start));
        for cue in &cues {
            assert!(cue.start < cue.end && cue.text.len() < MAX_TEXT + 16, "{cue:?}");
        }
        let written = vtt::write(&cues);
        let again = vtt::parse(&written);
        assert_eq!(again.len(), cues.len(), "{written}");
        for (again, cue) in again.iter().zip(&cues) {
            assert_eq!(again.text, cue.text, "{written}");
        }
    }
}
