//! SubRip: a number, a line of times, lines of text, an empty line. Nobody standardised it; files
//! miss numbers and empty lines, so a line of times is what begins a cue.

use super::cue::{Cue, MAX_CUES, times};

/// The cues in a file's text.
pub fn parse(text: &str) -> Vec<Cue> {
    let mut cues = Vec::new();
    let mut open = None;
    let mut body: Vec<&str> = Vec::new();
    for line in text.lines() {
        let Some((start, end, _)) = times(line) else {
            body.push(line);
            continue;
        };
        // The line before is the number of the cue that begins here.
        if body.last().is_some_and(|line| is_number(line)) {
            body.pop();
        }
        cues.extend(close(open.replace((start, end)), &body));
        body.clear();
        if cues.len() >= MAX_CUES {
            return cues;
        }
    }
    cues.extend(close(open, &body));
    cues
}

fn is_number(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit())
}

fn close(times: Option<(std::time::Duration, std::time::Duration)>, body: &[&str]) -> Option<Cue> {
    let (start, end) = times?;
    Cue::with_overrides(start, end, &body.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cues_begin_at_their_times() {
        let text = "1\r\n00:00:01,000 --> 00:00:02,500 X1:10\r\nOne\r\nmore\r\n\r\n\
            2\r\n00:00:03,000 --> 00:00:04,000\r\n42\r\n3\r\n00:05.0 --> 00:06.0\r\nThree";
        let shown: Vec<_> =
            parse(text).into_iter().map(|cue| (cue.start.as_millis(), cue.text)).collect();
        let expected = [(1_000, "One\nmore"), (3_000, "42"), (5_000, "Three")];
        assert_eq!(shown, expected.map(|(start, text)| (start, text.to_owned())));
        assert_eq!(parse("1\n00:00:02,000 --> 00:00:01,000\nbackwards\n"), []);
        assert_eq!(parse("no subtitle"), []);
    }
}
