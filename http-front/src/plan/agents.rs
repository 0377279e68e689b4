//! What players play, by their user agent: what is known when nothing was declared.

use crate::plan::capabilities::Capabilities;
use crate::plan::codecs::Codec;
use crate::probe::Container::{self, *};

/// A kind of player.
struct Player {
    /// What its user agent contains.
    marks: &'static [&'static str],
    containers: &'static [Container],
    video: &'static [&'static str],
    audio: &'static [&'static str],
    /// Of the video, what it takes in the fragmented MP4 of HLS.
    segments: &'static [&'static str],
}

const WEB_AUDIO: &[&str] = &["aac", "mp3", "opus", "vorbis", "flac", "pcm"];

/// The first whose mark is in the user agent; browsers name one another, so the order counts.
const PLAYERS: &[Player] = &[
    Player {
        marks: &["Web0S", "webOS", "Tizen", "SMART-TV", "BRAVIA"],
        containers: &[Mp4, Mov, Matroska, WebM, MpegTs, Mp3, Flac, Wav, Ogg],
        video: &["h264", "hevc", "vp8", "vp9"],
        audio: &["aac", "mp3", "opus", "vorbis", "flac", "pcm", "ac3", "eac3"],
        segments: &["h264", "hevc"],
    },
    Player {
        marks: &["Firefox/"],
        containers: &[Mp4, WebM, Ogg, Mp3, Flac, Wav, Aac],
        video: &["h264", "vp8", "vp9", "av1"],
        audio: WEB_AUDIO,
        segments: &["h264"],
    },
    Player {
        marks: &["Chrome/", "Chromium/", "CrKey"],
        containers: &[Mp4, Mov, Matroska, WebM, Ogg, Mp3, Flac, Wav, Aac],
        video: &["h264", "vp8", "vp9", "av1"],
        audio: WEB_AUDIO,
        segments: &["h264"],
    },
    Player {
        marks: &["Safari/", "AppleCoreMedia", "iPhone", "iPad", "Macintosh"],
        containers: &[Mp4, Mov, Mp3, Wav, Aac, Flac],
        video: &["h264", "hevc"],
        audio: &["aac", "mp3", "flac", "alac", "ac3", "eac3", "pcm"],
        segments: &["h264", "hevc"],
    },
    // A browser we don't know: what all of them play.
    Player {
        marks: &["Mozilla/"],
        containers: &[Mp4, Mp3],
        video: &["h264"],
        audio: &["aac", "mp3"],
        segments: &["h264"],
    },
];

/// Players with demuxers and decoders of their own, some of which call themselves browsers too.
const EVERYTHING: &[&str] = &["VLC", "mpv", "Kodi", "Lavf", "Infuse", "IINA", "MPC-", "ExoPlayer"];

/// What the player behind `agent` plays; one that nobody knows is taken to play everything, as
/// programs that are no browsers do.
pub fn by_agent(agent: &str) -> Capabilities {
    let has = |marks: &[&str]| marks.iter().any(|mark| agent.contains(mark));
    let known = PLAYERS.iter().find(|player| has(player.marks)).filter(|_| !has(EVERYTHING));
    let Some(player) = known else {
        return Capabilities { everything: true, ..Capabilities::default() };
    };
    let codecs = |lists: &[&[&str]]| -> Vec<Codec> {
        lists.concat().iter().map(|name| Codec::parse(name)).collect()
    };
    Capabilities {
        everything: false,
        containers: player.containers.to_vec(),
        codecs: codecs(&[player.video, player.audio]),
        segments: codecs(&[player.segments, &["aac"]]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROMIUM: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like \
        Gecko) Chrome/156.0.0.0 Safari/537.36";
    const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 \
        (KHTML, like Gecko) Version/18.0 Safari/605.1.15";

    #[test]
    fn browsers_are_told_apart() {
        let hevc = Codec::parse("hevc");
        assert!(by_agent(CHROMIUM).opens(Matroska));
        assert!(!by_agent(CHROMIUM).decodes(&hevc));
        assert!(by_agent(SAFARI).decodes(&hevc));
        assert!(!by_agent(SAFARI).opens(Matroska));
        assert!(!by_agent("Mozilla/5.0 Gecko/20100101 Firefox/140.0").opens(Matroska));
    }

    #[test]
    fn players_and_strangers_play_everything() {
        for agent in ["VLC/3.0.20 LibVLC/3.0.20", "Lavf/59.27.100", "curl/8", ""] {
            assert!(by_agent(agent).everything, "{agent}");
        }
    }
}
