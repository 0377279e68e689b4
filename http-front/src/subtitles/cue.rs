//! A text and its time.

use std::time::Duration;

use super::markup;

/// Cues of one track; more are left out. A talkative film of 3 h has 4,000.
pub const MAX_CUES: usize = 50_000;
/// Bytes of a cue's text.
pub const MAX_TEXT: usize = 8 * 1024;
/// The latest time: a thousand hours.
const LATEST: Duration = Duration::from_secs(3_600_000);

/// A text to be shown for a while.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cue {
    /// From the film's start.
    pub start: Duration,
    /// After `start`.
    pub end: Duration,
    /// WebVTT cue text: `<i>`, `<b>`, `<u>` and escapes; no empty line.
    pub text: String,
    /// At the top of the picture and not at its bottom.
    pub top: bool,
}

impl Cue {
    /// A cue from a text with tags; `None` if it has no time or no text.
    pub fn of(start: Duration, end: Duration, source: &str) -> Option<Self> {
        let text = markup::clean(source);
        let shown = start < end && end <= LATEST && !text.is_empty();
        shown.then_some(Self { start, end, text, top: false })
    }

    /// A cue from a text with tags and overrides.
    pub fn with_overrides(start: Duration, end: Duration, source: &str) -> Option<Self> {
        let (text, top) = markup::without_overrides(source);
        Some(Self { top, ..Self::of(start, end, &text)? })
    }
}

/// By their start, the order in the file among equals; at most [`MAX_CUES`].
pub fn sorted(mut cues: Vec<Cue>) -> Vec<Cue> {
    cues.truncate(MAX_CUES);
    cues.sort_by_key(|cue| cue.start);
    cues
}

/// A time as every format writes it: `[h:]mm:ss` and a fraction behind a point or a comma.
pub fn time(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.trim().split_once(['.', ',']).unwrap_or((text.trim(), "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut seconds: u64 = 0;
    let parts: Vec<&str> = whole.split(':').collect();
    if !(2..=3).contains(&parts.len()) || !digits(fraction) {
        return None;
    }
    for part in parts {
        let part = part.trim();
        if !digits(part) || part.len() > 5 {
            return None;
        }
        seconds = seconds * 60 + part.parse::<u64>().ok()?;
    }
    let nanos = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanos = nanos.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    Some(Duration::new(seconds, nanos))
}

/// The times of a line `start --> end`, and what stands behind them.
pub fn times(line: &str) -> Option<(Duration, Duration, &str)> {
    let (start, rest) = line.split_once("-->")?;
    let rest = rest.trim_start();
    let (end, more) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    Some((time(start)?, time(end)?, more))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        let ms = |text| time(text).map(|time| time.as_millis());
        assert_eq!(ms("01:02:03,456"), Some(3_723_456));
        assert_eq!(ms(" 0:00:01.5 "), Some(1_500));
        assert_eq!(ms("02:03.4567"), Some(123_456));
        assert_eq!(ms("00:01"), Some(1_000));
        for bad in ["", "1", "a:b", "1:2:3:4", "-1:00", "00:01,", "00:0x,1", "999999:00"] {
            assert_eq!(ms(bad), None, "{bad}");
        }
    }
}
