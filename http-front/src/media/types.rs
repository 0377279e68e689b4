//! Media types of files, by extension, then by their first bytes.

/// What a player can do with a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Has pictures, as far as the name says.
    Video,
    /// Sound alone.
    Audio,
    /// Text that goes with a film.
    Subtitle,
    /// Anything else.
    Other,
}

/// The type sent when nothing is known.
pub const OCTET_STREAM: &str = "application/octet-stream";

/// Extension, type, kind.
const TABLE: &[(&str, &str, Kind)] = &[
    ("mp4", "video/mp4", Kind::Video),
    ("m4v", "video/mp4", Kind::Video),
    ("mov", "video/quicktime", Kind::Video),
    ("mkv", "video/x-matroska", Kind::Video),
    ("webm", "video/webm", Kind::Video),
    ("avi", "video/x-msvideo", Kind::Video),
    ("wmv", "video/x-ms-wmv", Kind::Video),
    ("flv", "video/x-flv", Kind::Video),
    ("mpg", "video/mpeg", Kind::Video),
    ("mpeg", "video/mpeg", Kind::Video),
    ("m2v", "video/mpeg", Kind::Video),
    ("ts", "video/mp2t", Kind::Video),
    ("m2ts", "video/mp2t", Kind::Video),
    ("mts", "video/mp2t", Kind::Video),
    ("vob", "video/dvd", Kind::Video),
    ("3gp", "video/3gpp", Kind::Video),
    ("ogv", "video/ogg", Kind::Video),
    ("divx", "video/x-msvideo", Kind::Video),
    ("mp3", "audio/mpeg", Kind::Audio),
    ("m4a", "audio/mp4", Kind::Audio),
    ("m4b", "audio/mp4", Kind::Audio),
    ("aac", "audio/aac", Kind::Audio),
    ("flac", "audio/flac", Kind::Audio),
    ("ogg", "audio/ogg", Kind::Audio),
    ("oga", "audio/ogg", Kind::Audio),
    ("opus", "audio/ogg", Kind::Audio),
    ("wav", "audio/wav", Kind::Audio),
    ("wma", "audio/x-ms-wma", Kind::Audio),
    ("mka", "audio/x-matroska", Kind::Audio),
    ("ac3", "audio/ac3", Kind::Audio),
    ("dts", "audio/vnd.dts", Kind::Audio),
    ("aiff", "audio/aiff", Kind::Audio),
    ("srt", "application/x-subrip", Kind::Subtitle),
    ("vtt", "text/vtt; charset=utf-8", Kind::Subtitle),
    ("ass", "text/x-ssa", Kind::Subtitle),
    ("ssa", "text/x-ssa", Kind::Subtitle),
    ("sub", "text/plain", Kind::Subtitle),
    ("idx", "text/plain", Kind::Subtitle),
    ("txt", "text/plain", Kind::Other),
    ("nfo", "text/plain", Kind::Other),
    ("jpg", "image/jpeg", Kind::Other),
    ("jpeg", "image/jpeg", Kind::Other),
    ("png", "image/png", Kind::Other),
    ("gif", "image/gif", Kind::Other),
    ("webp", "image/webp", Kind::Other),
    ("pdf", "application/pdf", Kind::Other),
    ("epub", "application/epub+zip", Kind::Other),
    ("zip", "application/zip", Kind::Other),
    ("iso", "application/x-iso9660-image", Kind::Other),
];

/// The media type by `name`'s extension; `None` when the table doesn't know it.
pub fn by_name(name: &str) -> Option<&'static str> {
    row(name).map(|(_, mime, _)| *mime)
}

/// What a player can do with a file called `name`.
pub fn kind(name: &str) -> Kind {
    row(name).map_or(Kind::Other, |(_, _, kind)| *kind)
}

/// The file to play when none is named: the largest playable, else the largest; the first of
/// equals. `files` are names and lengths. `None` when there are none.
pub fn default_file<'a>(files: impl Iterator<Item = (&'a str, u64)>) -> Option<usize> {
    let rank = |name: &str| matches!(kind(name), Kind::Video | Kind::Audio);
    files
        .enumerate()
        .map(|(index, (name, length))| ((rank(name), length), index))
        .max_by_key(|(key, index)| (*key, std::cmp::Reverse(*index)))
        .map(|(_, index)| index)
}

fn row(name: &str) -> Option<&'static (&'static str, &'static str, Kind)> {
    let (_, extension) = name.rsplit_once('.')?;
    TABLE.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(extension))
}
