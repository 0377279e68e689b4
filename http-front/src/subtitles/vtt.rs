//! WebVTT (W3C), read and written. Styles, regions and positions of a file are not kept.

use std::fmt::Write as _;
use std::time::Duration;

use super::cue::{Cue, MAX_CUES, times};

/// What WebVTT is served as.
pub const MIME: &str = "text/vtt; charset=utf-8";

/// The cues in a file's text: blocks between empty lines, each with a line of times.
pub fn parse(text: &str) -> Vec<Cue> {
    let mut cues = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((start, end, _)) = times(line) else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|line| !line.trim().is_empty()).collect();
        cues.extend(Cue::of(start, end, &body.join("\n")));
        if cues.len() >= MAX_CUES {
            break;
        }
    }
    cues
}

/// A WebVTT file of these cues.
pub fn write<'c>(cues: impl IntoIterator<Item = &'c Cue>) -> String {
    written("WEBVTT\n".to_owned(), cues)
}

/// A WebVTT segment of HLS (RFC 8216, 3.5): the film's start lies at `zero` in the segments beside
/// it.
pub fn segment<'c>(zero: Duration, cues: impl IntoIterator<Item = &'c Cue>) -> String {
    let ticks = zero.as_millis() * 90;
    let head = format!("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{ticks},LOCAL:00:00:00.000\n");
    written(head, cues)
}

fn written<'c>(mut text: String, cues: impl IntoIterator<Item = &'c Cue>) -> String {
    for Cue { start, end, text: shown, top } in cues {
        let place = if *top { " line:0" } else { "" };
        // Writing to a string does not fail.
        let _ = write!(text, "\n{} --> {}{place}\n{shown}\n", stamp(*start), stamp(*end));
    }
    text
}

/// `hh:mm:ss.ttt`
fn stamp(time: Duration) -> String {
    let (seconds, ms) = (time.as_secs(), time.subsec_millis());
    format!("{:02}:{:02}:{:02}.{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let source = "WEBVTT\n\nSTYLE\n::cue { color: red }\n\nfirst\n00:01.000 --> 00:02.000 line:0\n\
            <v Ann>Hi <i>you</i></v> &amp; &lt;me&gt;\n\n1:00:00.000 --> 1:00:01.500\nTwo\nlines\n";
        let cues = parse(source);
        let expected = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHi <i>you</i> &amp; &lt;me&gt;\n\n\
            01:00:00.000 --> 01:00:01.500\nTwo\nlines\n";
        assert_eq!(write(&cues), expected);
        assert_eq!(parse(expected), cues);
    }
}
