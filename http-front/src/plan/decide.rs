//! The decision between the file as it is and HLS.

use crate::hls::rendition::length;
use crate::plan::capabilities::Capabilities;
use crate::plan::codecs::Codec;
use crate::probe::info::{MediaInfo, Track, TrackKind};

/// Video that fragmented MP4 carries as it is, if the player takes it.
const COPIED: [&str; 2] = ["h264", "hevc"];

/// What this server can do for a player.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Means {
    /// ffmpeg is there.
    pub ffmpeg: bool,
    /// Sound may be encoded anew (`--no-transcode-audio` says not).
    pub transcode_audio: bool,
    /// HLS even for what plays as it is: the file is incomplete, and the settings say so.
    pub hls_first: bool,
}

/// What happens to the video in HLS.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VideoWay {
    /// Put into fragmented MP4 as it is.
    Copy,
    /// Encoded anew as H.264.
    Transcode,
}

impl VideoWay {
    /// How URLs say it.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Transcode => "h264",
        }
    }

    /// What a URL says.
    pub fn parse(slug: &str) -> Option<Self> {
        [Self::Copy, Self::Transcode].into_iter().find(|way| way.slug() == slug)
    }
}

/// Why a plan is as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Reason {
    /// The player plays container, video and audio as they are.
    Supported,
    /// It does, and gets HLS until the file is complete.
    Incomplete,
    /// It would play without sound.
    AudioUnsupported,
    /// It does not decode the pictures.
    VideoUnsupported,
    /// It decodes both, but does not open such a file.
    ContainerUnsupported,
    /// Nobody could tell what is in the file.
    Unknown,
    /// It needs HLS, and there is no ffmpeg.
    FfmpegMissing,
    /// It needs its sound encoded anew, which this server does not do.
    TranscodingOff,
}

impl Reason {
    /// For programs.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Supported => "audio-codec-supported",
            Self::Incomplete => "file-incomplete",
            Self::AudioUnsupported => "audio-codec-unsupported",
            Self::VideoUnsupported => "video-codec-unsupported",
            Self::ContainerUnsupported => "container-unsupported",
            Self::Unknown => "codec-unknown",
            Self::FfmpegMissing => "ffmpeg-missing",
            Self::TranscodingOff => "audio-transcoding-off",
        }
    }

    /// For people.
    pub fn words(self, media: Option<&MediaInfo>) -> String {
        let codec = |track: Option<&Track>| track.and_then(|track| track.codec);
        let video = codec(media.and_then(|media| media.first(TrackKind::Video)));
        let audio = codec(media.and_then(default_audio)).unwrap_or("its audio");
        let container = media.map_or("this", |media| media.container.name());
        let video = video.unwrap_or("its video");
        match self {
            Self::Supported => format!("the player plays this {container} file as it is"),
            Self::Incomplete => format!("this {container} file is HLS until it is complete"),
            Self::AudioUnsupported => {
                format!("the player has no sound for {audio}: the sound is converted to AAC")
            }
            Self::VideoUnsupported => {
                format!("the player does not decode {video}: the video is converted to H.264")
            }
            Self::ContainerUnsupported => {
                format!("the player does not open {container}: it is repackaged as HLS")
            }
            Self::Unknown => "what the file holds is not known: try it as it is".into(),
            Self::FfmpegMissing => {
                "the player needs the file converted, and ffmpeg is not installed here".into()
            }
            Self::TranscodingOff => {
                format!("the player may have no sound for {audio}, and this server converts none")
            }
        }
    }
}

/// What a player gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// What HLS does with the video; `None`: the player gets the file as it is.
    pub hls: Option<VideoWay>,
    /// Why.
    pub reason: Reason,
}

impl Plan {
    /// The file as it is.
    pub const fn direct(reason: Reason) -> Self {
        Self { hls: None, reason }
    }
}

/// What a player of these capabilities gets. The file as it is only if container, video and audio
/// are all playable: browsers play a film whose sound they don't know in silence.
pub fn decide(media: &MediaInfo, player: &Capabilities, means: Means) -> Plan {
    let video = media.first(TrackKind::Video);
    let audio = default_audio(media);
    if video.is_none() && audio.is_none() {
        let opens = player.opens(media.container);
        return Plan::direct(if opens { Reason::Supported } else { Reason::Unknown });
    }
    let decodes = |track: Option<&Track>| track.is_none_or(|track| player.decodes(&codec(track)));
    let (sees, hears) = (decodes(video), decodes(audio));
    let hls_first = means.hls_first && means.ffmpeg && length(media).is_some();
    let reason = match (sees, hears, player.opens(media.container)) {
        (true, true, true) if hls_first => Reason::Incomplete,
        (true, true, true) => return Plan::direct(Reason::Supported),
        (false, ..) => Reason::VideoUnsupported,
        (true, false, _) if !means.transcode_audio => {
            return Plan::direct(Reason::TranscodingOff);
        }
        (true, false, _) => Reason::AudioUnsupported,
        (true, true, false) => Reason::ContainerUnsupported,
    };
    if length(media).is_none() {
        return Plan::direct(Reason::Unknown);
    }
    if !means.ffmpeg {
        return Plan::direct(Reason::FfmpegMissing);
    }
    Plan { hls: Some(video_way(media, player)), reason }
}

/// What HLS does with the video for such a player: copied when that can be done and the player
/// takes it.
pub fn video_way(media: &MediaInfo, player: &Capabilities) -> VideoWay {
    let takes = |video: &Track| player.decodes_segments(&codec(video));
    match media.first(TrackKind::Video).is_none_or(takes) && can_copy(media) {
        true => VideoWay::Copy,
        false => VideoWay::Transcode,
    }
}

/// Whether fragmented MP4 carries the video, and the file's index says where it can be cut.
pub fn can_copy(media: &MediaInfo) -> bool {
    media.first(TrackKind::Video).is_none_or(|video| {
        let carried = video.codec.is_some_and(|codec| COPIED.contains(&codec));
        carried && video.codec_string.is_some() && media.keyframes.is_some()
    })
}

/// The sound that a player takes by itself: the first that is marked, else the first.
pub fn default_audio(media: &MediaInfo) -> Option<&Track> {
    let mut tracks = media.of_kind(TrackKind::Audio);
    tracks.find(|track| track.default).or_else(|| media.first(TrackKind::Audio))
}

fn codec(track: &Track) -> Codec {
    let mut codec = Codec::parse(track.codec_string.as_deref().unwrap_or_default());
    codec.name = track.codec.unwrap_or("unknown").to_owned();
    codec
}
