//! Names of codecs and containers, as players and files spell them, made comparable.

use crate::probe::Container;

/// What a codec is called in MIME types and RFC 6381 strings, up to the first dot, and ffmpeg's
/// name for it.
const SPELLINGS: &[(&str, &str)] = &[
    ("avc1", "h264"),
    ("avc3", "h264"),
    ("h.264", "h264"),
    ("avc", "h264"),
    ("hvc1", "hevc"),
    ("hev1", "hevc"),
    ("h265", "hevc"),
    ("h.265", "hevc"),
    ("av01", "av1"),
    ("vp09", "vp9"),
    ("vp08", "vp8"),
    ("mp4v", "mpeg4"),
    ("ac-3", "ac3"),
    ("ec-3", "eac3"),
    ("dtsc", "dts"),
    ("dtse", "dts"),
    ("mpeg", "mp3"),
    ("mpeg3", "mp3"),
    ("wav", "pcm"),
    ("x-wav", "pcm"),
    ("x-flac", "flac"),
    ("ogg", "vorbis"),
];

/// Media types and ffmpeg's names of containers.
const CONTAINERS: &[(&str, Container)] = &[
    ("mp4", Container::Mp4),
    ("m4v", Container::Mp4),
    ("x-m4v", Container::Mp4),
    ("m4a", Container::Mp4),
    ("quicktime", Container::Mov),
    ("mov", Container::Mov),
    ("x-matroska", Container::Matroska),
    ("matroska", Container::Matroska),
    ("mkv", Container::Matroska),
    ("webm", Container::WebM),
    ("x-msvideo", Container::Avi),
    ("avi", Container::Avi),
    ("mp2t", Container::MpegTs),
    ("mpegts", Container::MpegTs),
    ("ts", Container::MpegTs),
    ("mpegps", Container::MpegPs),
    ("ogg", Container::Ogg),
    ("flac", Container::Flac),
    ("x-flac", Container::Flac),
    ("mpeg", Container::Mp3),
    ("mp3", Container::Mp3),
    ("aac", Container::Aac),
    ("wav", Container::Wav),
    ("x-wav", Container::Wav),
    ("x-flv", Container::Flv),
    ("flv", Container::Flv),
    ("x-ms-wmv", Container::Asf),
    ("asf", Container::Asf),
];

/// A codec as a player or a file names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Codec {
    /// ffmpeg's name, or what was said if it means nothing to us.
    pub name: String,
    /// The profile of the codec string, in the codec's own numbers; `None` when none is said.
    pub profile: Option<u8>,
}

impl Codec {
    /// Reads `avc1.640028`, `h264`, `mp4a.40.2`, `audio/mpeg`…
    pub fn parse(text: &str) -> Self {
        let text = text.trim().to_ascii_lowercase();
        let bare = text.split_once('/').map_or(text.as_str(), |(_, subtype)| subtype);
        let mut parts = bare.split('.');
        let first = parts.next().unwrap_or_default();
        let second = parts.next().unwrap_or_default();
        let hex = |text: Option<&str>| text.and_then(|two| u8::from_str_radix(two, 16).ok());
        let (name, profile) = match first {
            "mp4a" => (mpeg4_audio(second, parts.next()), None),
            "avc1" | "avc3" => ("h264", hex(second.get(..2))),
            "hvc1" | "hev1" => ("hevc", second.trim_start_matches(['a', 'b', 'c']).parse().ok()),
            "av01" | "vp09" => (spelled(first), second.parse().ok()),
            _ => (spelled(if bare.starts_with("h.26") { bare } else { first }), None),
        };
        Self { name: name.to_owned(), profile }
    }

    /// Whether a decoder for `self` takes `file`. Without profiles the name decides; a profile of
    /// eight bits and 4:2:0 is what every decoder of the codec takes, another must be declared.
    pub fn takes(&self, file: &Self) -> bool {
        let same = self.name == file.name || (self.name == "pcm" && file.name.starts_with("pcm_"));
        same && match (self.profile, file.profile) {
            (Some(declared), Some(profile)) => declared == profile || usual(&file.name, profile),
            (None, Some(profile)) => usual(&file.name, profile),
            _ => true,
        }
    }
}

/// Profiles that every decoder of the codec takes: baseline, main, extended and high; main, and
/// main of ten bits (declared by none apart); 0.
fn usual(name: &str, profile: u8) -> bool {
    match name {
        "h264" => matches!(profile, 0x42 | 0x4d | 0x58 | 0x64),
        "hevc" => matches!(profile, 1 | 2),
        _ => profile == 0,
    }
}

/// `mp4a.OTI[.AOT]` (RFC 6381, 3.3).
fn mpeg4_audio(object: &str, audio: Option<&str>) -> &'static str {
    match (object, audio) {
        ("69" | "6b", _) | ("40", Some("34")) => "mp3",
        ("a5", _) => "ac3",
        ("a6", _) => "eac3",
        ("a9", _) => "dts",
        _ => "aac",
    }
}

fn spelled(name: &str) -> &str {
    SPELLINGS.iter().find(|(known, _)| *known == name).map_or(name, |(_, codec)| codec)
}

/// The container that a media type or name means.
pub fn container(text: &str) -> Option<Container> {
    let text = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (kind, name) = text.split_once('/').unwrap_or(("", &text));
    if (kind, name) == ("video", "mpeg") {
        return Some(Container::MpegPs);
    }
    CONTAINERS.iter().find(|(known, _)| *known == name).map(|(_, container)| *container)
}

/// The codecs that a declaration names: those of the `codecs` parameter, else the text itself.
pub fn declared(text: &str) -> Vec<Codec> {
    let list = text.split_once("codecs=").map(|(_, list)| list.trim().trim_matches(['"', '\'']));
    match list {
        Some(list) => list.split(',').map(Codec::parse).collect(),
        None => vec![Codec::parse(text.split(';').next().unwrap_or_default())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_codec_are_one() {
        for text in ["h264", "avc1.640028", "AVC1.4d401f", "h.264"] {
            assert_eq!(Codec::parse(text).name, "h264", "{text}");
        }
        for text in ["mp4a.40.2", "aac", "audio/aac", "mp4a.40.5"] {
            assert_eq!(Codec::parse(text).name, "aac", "{text}");
        }
        assert_eq!(Codec::parse("ec-3").name, "eac3");
        assert_eq!(Codec::parse("mp4a.6B").name, "mp3");
    }

    #[test]
    fn an_unusual_profile_must_be_declared() {
        let file = Codec::parse("avc1.6e0028");
        assert!(!Codec::parse("avc1.640028").takes(&file));
        assert!(!Codec::parse("h264").takes(&file));
        assert!(Codec::parse("avc1.6e0033").takes(&file));
        assert!(Codec::parse("avc1.42E01E").takes(&Codec::parse("avc1.640028")));
    }

    #[test]
    fn the_codecs_of_a_media_type_are_found() {
        let names: Vec<_> = declared("video/mp4; codecs=\"avc1.640028, mp4a.40.2\"")
            .into_iter()
            .map(|codec| codec.name)
            .collect();
        assert_eq!(names, ["h264", "aac"]);
    }
}
