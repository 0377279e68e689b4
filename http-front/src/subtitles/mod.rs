//! Subtitles as WebVTT, whatever they were: files beside the film, text tracks inside it.
//!
//! Nothing here trusts a file: every parser takes any bytes, within the bounds of [`cue`], and only
//! the markup of [`markup`] leaves it.
//!
//! | module | concept |
//! | --- | --- |
//! | [`cue`] | a text and its time; times in text |
//! | [`charset`] | bytes to text, when nobody says how |
//! | [`markup`] | what of a cue's markup stays |
//! | [`srt`] | SubRip |
//! | [`ass`] | Advanced SubStation Alpha |
//! | [`vtt`] | WebVTT, read and written |
//! | [`sibling`] | which files of a torrent go with a film |
//! | [`present`] | the bytes of a file that are there |
//! | [`tracks`] | the subtitles of a film, and one of them |
//! | [`segment`] | those of one segment of HLS |

pub mod ass;
pub mod charset;
pub mod cue;
#[doc(hidden)]
pub mod fuzz;
pub mod markup;
pub mod present;
pub mod segment;
pub mod sibling;
pub mod srt;
pub mod tracks;
pub mod vtt;

pub use self::cue::Cue;

/// How a subtitle file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// SubRip.
    Srt,
    /// (Advanced) SubStation Alpha.
    Ass,
    /// WebVTT.
    Vtt,
}

impl Format {
    /// The format of a file by its name's extension.
    pub fn by_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "srt" => Some(Self::Srt),
            "ass" | "ssa" => Some(Self::Ass),
            "vtt" => Some(Self::Vtt),
            _ => None,
        }
    }

    /// ffmpeg's name of it.
    pub fn codec(self) -> &'static str {
        match self {
            Self::Srt => "subrip",
            Self::Ass => "ass",
            Self::Vtt => "webvtt",
        }
    }

    /// The cues in a file's bytes, by their start.
    pub fn parse(self, bytes: &[u8]) -> Vec<Cue> {
        let text = charset::decode(bytes);
        cue::sorted(match self {
            Self::Srt => srt::parse(&text),
            Self::Ass => ass::parse(&text),
            Self::Vtt => vtt::parse(&text),
        })
    }
}
