//! A clean segment for the `matroska` crate: the elements that we want, rebuilt one by one.
//!
//! The crate allocates what an element's size says, descends as deep as the file does and fails
//! on the first flaw. It is given only elements of the table below, at their place, with the
//! size of what is there, well-formed.

use super::ebml::{Element, elements, id, put};

/// Elements of one segment; more are left out.
const MAX_ELEMENTS: usize = 100_000;
/// Bytes of a text, and of a CodecPrivate (fonts and dictionaries are no part of it).
const MAX_TEXT: usize = 4096;
const MAX_BINARY: usize = 1 << 20;

/// What an element holds.
#[derive(Clone, Copy)]
enum Kind {
    Master(&'static [(u32, Kind)]),
    Uint,
    Float,
    Text,
    Binary,
}

use Kind::{Binary, Float, Master, Text, Uint};

/// The elements that are handed on (RFC 9559, 5.1.2, 5.1.4, 5.1.7, 5.1.8).
const SEGMENT: &[(u32, Kind)] = &[
    (id::INFO, Master(INFO)),
    (id::TRACKS, Master(&[(0xAE, Master(TRACK_ENTRY))])),
    (id::CHAPTERS, Master(&[(0x45B9, Master(EDITION))])),
    (id::TAGS, Master(&[(0x7373, Master(TAG))])),
];

/// TimestampScale, Duration, Title, MuxingApp, WritingApp.
const INFO: &[(u32, Kind)] =
    &[(id::TIMESTAMP_SCALE, Uint), (0x4489, Float), (0x7BA9, Text), (0x4D80, Text), (0x5741, Text)];

/// TrackNumber, TrackUID, TrackType, FlagEnabled, FlagDefault, FlagForced, DefaultDuration, Name,
/// Language, LanguageBCP47, CodecID, CodecPrivate, Video, Audio.
const TRACK_ENTRY: &[(u32, Kind)] = &[
    (0xD7, Uint),
    (0x73C5, Uint),
    (0x83, Uint),
    (0xB9, Uint),
    (0x88, Uint),
    (0x55AA, Uint),
    (0x23_E383, Uint),
    (0x536E, Text),
    (0x22_B59C, Text),
    (0x22_B59D, Text),
    (0x86, Text),
    (0x63A2, Binary),
    (0xE0, Master(&[(0xB0, Uint), (0xBA, Uint)])),
    (0xE1, Master(&[(0xB5, Float), (0x9F, Uint), (0x6264, Uint)])),
];

/// EditionFlagHidden, EditionFlagDefault, ChapterAtom with ChapterUID, ChapterTimeStart,
/// ChapterTimeEnd, ChapterFlagHidden, ChapterDisplay (ChapString, ChapLanguage).
const EDITION: &[(u32, Kind)] = &[
    (0x45BD, Uint),
    (0x45DB, Uint),
    (
        0xB6,
        Master(&[
            (0x73C4, Uint),
            (0x91, Uint),
            (0x92, Uint),
            (0x98, Uint),
            (0x80, Master(&[(0x85, Text), (0x437C, Text)])),
        ]),
    ),
];

/// Targets (TagTrackUID, TagChapterUID), SimpleTag (TagName, TagString).
const TAG: &[(u32, Kind)] = &[
    (0x63C0, Master(&[(0x63C5, Uint), (0x63C4, Uint)])),
    (0x67C8, Master(&[(0x45A3, Text), (0x4487, Text)])),
];

/// A file of one segment, made of the known elements in `content`, the content of a segment
/// without its clusters.
pub(super) fn rebuild(content: &[u8]) -> Vec<u8> {
    let mut left = MAX_ELEMENTS;
    let mut file = Vec::new();
    put(&mut file, id::SEGMENT, &master(content, SEGMENT, &mut left));
    file
}

fn master(content: &[u8], known: &[(u32, Kind)], left: &mut usize) -> Vec<u8> {
    let mut out = Vec::new();
    for element in elements(content) {
        let Some((_, kind)) = known.iter().find(|(id, _)| *id == element.id) else {
            continue;
        };
        if *left == 0 {
            break;
        }
        *left -= 1;
        if let Some(body) = body(&element, *kind, left) {
            put(&mut out, element.id, &body);
        }
    }
    out
}

/// The element's content, if it is what its kind says.
fn body(element: &Element<'_>, kind: Kind, left: &mut usize) -> Option<Vec<u8>> {
    let bytes = element.body;
    match kind {
        Master(known) => Some(master(bytes, known, left)),
        Uint => element.uint().map(|value| value.to_be_bytes().to_vec()),
        Float => float(bytes).map(|value| value.to_be_bytes().to_vec()),
        Text => {
            let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
            let text = text.get(..MAX_TEXT.min(text.len()))?;
            Some(String::from_utf8_lossy(text).into_owned().into_bytes())
        }
        Binary => (bytes.len() <= MAX_BINARY).then(|| bytes.to_vec()),
    }
}

/// A float of 4 or 8 bytes that is a number and not negative, as all of ours are.
fn float(bytes: &[u8]) -> Option<f64> {
    let value = match bytes.len() {
        4 => f64::from(f32::from_be_bytes(*bytes.first_chunk()?)),
        8 => f64::from_be_bytes(*bytes.first_chunk()?),
        _ => return None,
    };
    (value.is_finite() && value >= 0.0).then_some(value)
}
