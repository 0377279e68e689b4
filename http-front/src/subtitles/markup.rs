//! What of a cue's markup stays: italics, bold, underline, and whether it stands at the top.

use super::cue::MAX_TEXT;

/// The longest tag looked for behind a `<` or `{`.
const MAX_TAG: usize = 256;
/// The escapes of WebVTT.
const ENTITIES: [&str; 6] = ["&amp;", "&lt;", "&gt;", "&nbsp;", "&lrm;", "&rlm;"];

/// A text without the overrides of SubStation Alpha, `{\…}`, which SubRip files have too; and
/// whether one of them asks for the top of the picture.
pub fn without_overrides(source: &str) -> (String, bool) {
    let mut text = String::new();
    let mut top = false;
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("{\\") {
        text.push_str(before);
        match after.char_indices().take(MAX_TAG).find(|(_, c)| *c == '}') {
            Some((end, _)) => {
                let (codes, behind) = after.split_at(end);
                top |= codes.split('\\').any(|code| matches!(code, "an7" | "an8" | "an9"));
                rest = behind.get(1..).unwrap_or_default();
            }
            None => {
                text.push_str("{\\");
                rest = after;
            }
        }
    }
    text.push_str(rest);
    (text, top)
}

/// WebVTT cue text from a text with tags: those that we don't show go, everything else is escaped;
/// no more than [`MAX_TEXT`] and a tag long.
pub fn clean(source: &str) -> String {
    let mut text = String::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        if text.len() >= MAX_TEXT {
            break;
        }
        if let Some((tag, after)) = tag(rest) {
            text.push_str(kept(tag));
            rest = after;
            continue;
        }
        // An escape of the source's own stays one.
        let entity = ENTITIES.iter().find(|entity| rest.starts_with(**entity));
        rest = rest.get(entity.map_or(c.len_utf8(), |entity| entity.len())..).unwrap_or_default();
        match (entity, c) {
            (Some(entity), _) => text.push_str(entity),
            (None, '&') => text.push_str("&amp;"),
            (None, '<') => text.push_str("&lt;"),
            (None, '>') => text.push_str("&gt;"),
            (None, '\0') => text.push(char::REPLACEMENT_CHARACTER),
            (None, '\r') => {}
            (None, c) => text.push(c),
        }
    }
    // An empty line would end the cue.
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// The tag that `text` begins with, and what follows.
fn tag(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('<').filter(|text| {
        text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
    })?;
    let (end, _) = text.char_indices().take(MAX_TAG).find(|(_, c)| *c == '>')?;
    Some((text.get(..end)?, text.get(end + 1..)?))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_show_stays() {
        for (source, shown) in [
            ("<i>Hello</i> & <font color=\"red\">you</font>", "<i>Hello</i> &amp; you"),
            ("a < b > c --> d", "a &lt; b &gt; c --&gt; d"),
            ("up\r\n\n  there ", "up\nthere"),
            ("{a brace} stays, <3 too", "{a brace} stays, &lt;3 too"),
            ("<script>alert(1)</script>", "alert(1)"),
            ("<i", "&lt;i"),
            ("&lt;me&gt; &copy;", "&lt;me&gt; &amp;copy;"),
            ("\0", "\u{fffd}"),
            (" \n \n", ""),
        ] {
            assert_eq!(clean(source), shown, "{source}");
        }
    }

    #[test]
    fn overrides_go() {
        let told = without_overrides("{\\an8\\fad(1,2)}up {a} {\\b");
        assert_eq!(told, ("up {a} {\\b".to_owned(), true));
        assert!(!without_overrides("{\\an2}down").1);
    }
}
