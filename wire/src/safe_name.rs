//! One path element that is safe on Linux and on Windows, whatever a torrent calls it.

/// The longest element in bytes of UTF-8; what ext4, NTFS and APFS all take.
pub const MAX_BYTES: usize = 255;

/// The longest extension kept when a name is shortened.
const MAX_EXTENSION: usize = 16;

/// `name` as one harmless path element: never empty, `.` or `..`, without separators, control
/// characters or bidirectional overrides, no device name of Windows, at most [`MAX_BYTES`].
/// The same name always gives the same element, and a safe one is left as it is.
pub fn safe_name(name: &[u8]) -> String {
    let mut safe: String = String::from_utf8_lossy(name)
        .chars()
        .map(|c| if is_harmful(c) { '_' } else { c })
        .collect();
    if is_device(&safe) {
        safe.insert(0, '_');
    }
    if safe.len() > MAX_BYTES {
        safe = with_suffix(&safe, "");
    }
    let kept = safe.trim_end_matches(['.', ' ']).len();
    let trailing = safe.len() - kept;
    safe.truncate(kept);
    safe.extend(std::iter::repeat_n('_', trailing));
    if safe.is_empty() {
        safe.push('_');
    }
    safe
}

/// `name` with `suffix` before its extension, cut so that it stays within [`MAX_BYTES`].
pub fn with_suffix(name: &str, suffix: &str) -> String {
    let dot = name.rfind('.').filter(|at| *at > 0);
    let (stem, extension) = match dot {
        Some(at) if name.len() - at <= MAX_EXTENSION => name.split_at(at),
        _ => (name, ""),
    };
    let room = MAX_BYTES.saturating_sub(suffix.len() + extension.len());
    let stem = stem.get(..stem.floor_char_boundary(room)).unwrap_or(stem);
    format!("{stem}{suffix}{extension}")
}

fn is_harmful(c: char) -> bool {
    is_unseen(c) || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
}

/// Control characters, bidirectional overrides and others that show only in what they do.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Whether Windows would open a device instead of a file: by what stands before the first dot.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end_matches(' ');
    let stem = stem.to_ascii_uppercase();
    let numbered = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || numbered.is_some_and(|n| {
            let mut chars = n.chars();
            matches!(chars.next(), Some('0'..='9' | '¹' | '²' | '³')) && chars.next().is_none()
        })
}
