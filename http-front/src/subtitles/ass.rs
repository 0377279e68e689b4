//! (Advanced) SubStation Alpha: `Dialogue:` lines in `[Events]`, fields named by `Format:`.

use super::cue::{Cue, MAX_CUES, time};

/// Fields of a line before its text, when no `Format:` says otherwise (v4+).
const FORMAT: &str = "Layer,Start,End,Style,Name,MarginL,MarginR,MarginV,Effect,Text";

/// The cues in a file's text.
pub fn parse(text: &str) -> Vec<Cue> {
    let mut format = FORMAT;
    let mut events = true;
    let mut cues = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            events = line.eq_ignore_ascii_case("[events]");
        } else if let Some(fields) = line.strip_prefix("Format:").filter(|_| events) {
            format = fields;
        } else if let Some(fields) = line.strip_prefix("Dialogue:").filter(|_| events) {
            cues.extend(dialogue(format, fields));
            if cues.len() >= MAX_CUES {
                break;
            }
        }
    }
    cues
}

fn dialogue(format: &str, line: &str) -> Option<Cue> {
    let names: Vec<&str> = format.split(',').map(str::trim).collect();
    // The text is the last field and has commas of its own.
    let fields: Vec<&str> = line.splitn(names.len(), ',').collect();
    let field = |name: &str| fields.get(names.iter().position(|known| *known == name)?).copied();
    Cue::with_overrides(time(field("Start")?)?, time(field("End")?)?, &text(field("Text")?))
}

/// The text of a Matroska block (codec registry, `S_TEXT/ASS`): ReadOrder, Layer, Style, Name,
/// three margins and Effect stand before it.
pub fn block(payload: &str) -> String {
    text(payload.splitn(9, ',').nth(8).unwrap_or_default())
}

/// Line breaks as such; drawings, which are shapes in letters, away.
fn text(field: &str) -> String {
    if drawing(field) {
        return String::new();
    }
    field.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")
}

fn drawing(field: &str) -> bool {
    let codes = field.split('{').skip(1).filter_map(|part| part.split('}').next());
    codes.flat_map(|part| part.split('\\')).any(|code| {
        let scale = code.strip_prefix('p').filter(|scale| !scale.is_empty());
        scale.is_some_and(|scale| scale != "0" && scale.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialogue_is_read_by_its_format() {
        let text = "[Script Info]\nDialogue: 0,0:00:09.00,0:00:10.00,,,,,,,no\n[Events]\n\
            Format: Start, End, Style, Text\n\
            Dialogue: 0:00:01.50,0:00:02.00,Default,{\\i1}One, two\\Nthree{\\an8}\n\
            Comment: 0:00:01.00,0:00:02.00,Default,no\n\
            Dialogue: 0:00:03.00,0:00:04.00,Default,{\\p1}m 0 0 l 1 1{\\p0}\n\
            Dialogue: 0:00:05.00\n";
        let cues = parse(text);
        assert_eq!(cues.len(), 1, "{cues:?}");
        assert_eq!((cues[0].start.as_millis(), cues[0].end.as_millis()), (1_500, 2_000));
        assert_eq!((cues[0].text.as_str(), cues[0].top), ("One, two\nthree", true));
        assert_eq!(block("0,0,Default,,0,0,0,,a, b\\Nc"), "a, b\nc");
        assert_eq!(block("too,short"), "");
    }
}
