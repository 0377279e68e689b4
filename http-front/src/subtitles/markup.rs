//! What of a cue's markup stays: italics, bold, underline, and whether it stands at the top.

use super::cue::MAX_TEXT;

/// The longest tag looked for behind a `<` or `{`.
const MAX_TAG: usize = 256;
/// The escapes of WebVTT.
const ENTITIES: [&str; 6] = ["&amp;", "&lt;", "&gt;", "&nbsp;", "&lrm;", "&rlm;"];

/// WebVTT cue text from the text of any format, and whether it asks for the top of the picture.
/// Overrides of SubStation Alpha in `{\…}` and tags we don't show go, everything else is escaped.
pub fn clean(source: &str) -> (String, bool) {
    let mut text = String::new();
    let mut top = false;
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        if text.len() >= MAX_TEXT {
            break;
        }
        rest = match c {
            '<' => match tag(rest, '>') {
                Some((tag, after)) => {
                    text.push_str(kept(tag));
                    after
                }
                None => escaped(&mut text, c, rest),
            },
            '{' if rest.starts_with("{\\") => match tag(rest, '}') {
                Some((tag, after)) => {
                    top |= tag.split('\\').any(|code| matches!(code, "an7" | "an8" | "an9"));
                    after
                }
                None => escaped(&mut text, c, rest),
            },
            c => escaped(&mut text, c, rest),
        };
    }
    (lines(&text), top)
}

/// What stands between the bracket that `text` begins with and `close`, and what follows.
fn tag(text: &str, close: char) -> Option<(&str, &str)> {
    let end = text.char_indices().take(MAX_TAG).find(|(_, c)| *c == close)?.0;
    let tag = text.get(1..end)?;
    let named = tag.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '\\'));
    named.then_some((tag, text.get(end + 1..)?))
}

fn kept(tag: &str) -> &'static str {
    match tag {
        "i" | "I" => "<i>",
        "/i" | "/I" => "</i>",
        "b" | "B" => "<b>",
        "/b" | "/B" => "</b>",
        "u" | "U" => "<u>",
        "/u" | "/U" => "</u>",
        _ => "",
    }
}

fn escaped<'t>(text: &mut String, c: char, rest: &'t str) -> &'t str {
    match c {
        // An escape of the source's own stays one.
        '&' if ENTITIES.iter().any(|entity| rest.starts_with(entity)) => text.push('&'),
        '&' => text.push_str("&amp;"),
        '<' => text.push_str("&lt;"),
        '>' => text.push_str("&gt;"),
        '\0' => text.push(char::REPLACEMENT_CHARACTER),
        '\r' => {}
        c => text.push(c),
    }
    rest.get(c.len_utf8()..).unwrap_or_default()
}

/// The lines that hold something: an empty one would end the cue.
fn lines(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_show_stays() {
        for (source, shown) in [
            ("<i>Hello</i> & <font color=\"red\">you</font>", "<i>Hello</i> &amp; you"),
            ("a < b > c --> d", "a &lt; b &gt; c --&gt; d"),
            ("{\\an8\\fad(1,2)}up\r\n\n  there ", "up\nthere"),
            ("{a brace} stays, <3 too", "{a brace} stays, &lt;3 too"),
            ("<script>alert(1)</script>", "alert(1)"),
            ("<i", "&lt;i"),
            ("&lt;me&gt; &copy;", "&lt;me&gt; &amp;copy;"),
            ("\0", "\u{fffd}"),
            (" \n \n", ""),
        ] {
            assert_eq!(clean(source).0, shown, "{source}");
        }
        assert!(clean("{\\an8}up").1 && !clean("{\\an2}down").1);
    }
}
