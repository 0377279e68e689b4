//! Playlists (RFC 8216). Each names the whole film: players show and seek all of it at once.

use std::fmt::Write as _;
use std::time::Duration;

use crate::hls::rendition::length;
use crate::hls::timeline::Timeline;
use crate::plan::VideoWay;
use crate::plan::decide::default_audio;
use crate::probe::info::{MediaInfo, Track, TrackKind};
use crate::subtitles::tracks::SubtitleTrack;

/// What playlists are served as.
pub const MIME: &str = "application/vnd.apple.mpegurl";
/// The codec string of encoded video: High profile, level 4.2.
const H264: &str = "avc1.64002a";
/// The codec string of encoded sound: AAC-LC.
const AAC: &str = "mp4a.40.2";
/// Bits per second at most of encoded video and sound.
const ENCODED_RATE: u64 = 8_200_000;

/// What a master playlist says beside what is in the file.
pub struct Master<'a> {
    /// The file.
    pub media: &'a MediaInfo,
    /// What happens to its video.
    pub way: VideoWay,
    /// The sound track that plays by itself; `None`: the file's own default.
    pub audio: Option<usize>,
    /// Sound keeps its codec.
    pub copies_audio: bool,
    /// The texts beside and inside the file.
    pub subtitles: &'a [SubtitleTrack],
    /// Added to every URL: `?…`.
    pub query: &'a str,
    /// Where a transcode session begins. Its media playlists, `v.m3u8` and `a.m3u8` with one sound,
    /// lie beside this one.
    pub session: Option<Duration>,
}

impl Master<'_> {
    /// The playlist; its URLs are relative to `…/master.m3u8`. `None` if there is nothing to play.
    pub fn text(&self) -> Option<String> {
        let Self { media, query, .. } = *self;
        length(media)?;
        let video = media.first(TrackKind::Video);
        let sounds: Vec<&Track> = media.of_kind(TrackKind::Audio).collect();
        let first = self.audio.or_else(|| default_sound(media)).unwrap_or(0);
        let mut text = String::from("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n");
        text.push_str(&begin(self.session));
        let mut codecs: Vec<String> =
            video.map(|video| self.video_codec(video)).into_iter().collect();
        codecs.extend(sounds.get(first).map(|sound| self.audio_codec(sound)));
        let rate = self.rate();
        let _ = write!(text, "#EXT-X-STREAM-INF:BANDWIDTH={rate},CODECS=\"{}\"", codecs.join(","));
        let Some(video) = video else {
            sounds.first()?;
            let _ = write!(text, "\n{}{query}\n", self.audio_url(first));
            return Some(text);
        };
        if let Some((width, height)) = video.width.zip(video.height) {
            let (width, height) = self.size(width, height);
            let _ = write!(text, ",RESOLUTION={width}x{height}");
        }
        if let Some(frames) = video.frame_rate {
            let _ = write!(text, ",FRAME-RATE={frames:.3}");
        }
        if !sounds.is_empty() {
            text.push_str(",AUDIO=\"sound\"");
        }
        if !self.subtitles.is_empty() {
            text.push_str(",SUBTITLES=\"text\"");
        }
        let _ = write!(text, "\n{}{query}\n", self.video_url());
        let told = |n: &usize| self.session.is_none() || *n == first;
        for (n, sound) in sounds.iter().enumerate().filter(|(n, _)| told(n)) {
            let (url, known) = (self.audio_url(n), (&sound.title, &sound.language));
            let tag = rendition("AUDIO", "sound", n, known, n == first);
            let _ = writeln!(text, "{tag},URI=\"{url}{query}\"");
        }
        let default = self.subtitles.iter().position(|track| track.default);
        for (n, track) in self.subtitles.iter().enumerate() {
            let known = (&track.title, &track.language);
            let tag = rendition("SUBTITLES", "text", n, known, default == Some(n));
            let forced = yes(track.forced);
            let url = format!("s/{}/index.m3u8{query}", track.index);
            let _ = writeln!(text, "{tag},FORCED={forced},URI=\"{url}\"");
        }
        Some(text)
    }

    fn video_url(&self) -> String {
        match self.session {
            Some(_) => "v.m3u8".to_owned(),
            None => format!("v/{}/index.m3u8", self.way.slug()),
        }
    }

    fn audio_url(&self, n: usize) -> String {
        match self.session {
            Some(_) => "a.m3u8".to_owned(),
            None => format!("a/{n}/index.m3u8"),
        }
    }

    fn video_codec(&self, video: &Track) -> String {
        let copied = video.codec_string.clone().filter(|_| self.way == VideoWay::Copy);
        copied.unwrap_or_else(|| H264.to_owned())
    }

    fn audio_codec(&self, sound: &Track) -> String {
        let copied = sound.codec_string.clone().filter(|_| self.copies_audio);
        copied.unwrap_or_else(|| AAC.to_owned())
    }

    /// The most bits per second that a segment takes, as far as it can be told.
    fn rate(&self) -> u64 {
        let copied = self.media.bitrate.as_ref().filter(|_| self.way == VideoWay::Copy);
        copied.map_or(ENCODED_RATE, |rate| {
            rate.curve.iter().copied().max().unwrap_or(0).max(rate.average).max(1)
        })
    }

    /// Encoded pictures are no larger than 1920 × 1080.
    fn size(&self, width: u32, height: u32) -> (u32, u32) {
        let (w, h) = (u64::from(width), u64::from(height));
        if self.way == VideoWay::Copy || (width <= 1920 && height <= 1080) {
            return (width, height);
        }
        let even = |size: u64| u32::try_from(size & !1).unwrap_or(width).max(2);
        match w * 1080 > h * 1920 {
            true => (1920, even(h * 1920 / w.max(1))),
            false => (even(w * 1080 / h.max(1)), 1080),
        }
    }
}

/// The number of the sound track that plays by itself.
pub fn default_sound(media: &MediaInfo) -> Option<usize> {
    let default = default_audio(media)?;
    media.of_kind(TrackKind::Audio).position(|track| track.number == default.number)
}

/// The `n`th track of a group, of which title and language may be known, as an `EXT-X-MEDIA`, but
/// for its URI.
fn rendition(
    kind: &str,
    group: &str,
    n: usize,
    (title, language): (&Option<String>, &Option<String>),
    default: bool,
) -> String {
    let language = language.as_deref().filter(|code| code.is_ascii());
    let name = match (title, language) {
        (Some(title), _) => title.replace(['"', '\n', '\r'], " "),
        (None, Some(language)) => language.to_owned(),
        (None, None) => format!("Track {}", n + 1),
    };
    let mut text = format!(
        "#EXT-X-MEDIA:TYPE={kind},GROUP-ID=\"{group}\",NAME=\"{}: {name}\",DEFAULT={},\
         AUTOSELECT=YES",
        n + 1,
        yes(default)
    );
    if let Some(language) = language {
        let _ = write!(text, ",LANGUAGE=\"{language}\"");
    }
    text
}

fn yes(it_is: bool) -> &'static str {
    if it_is { "YES" } else { "NO" }
}

/// Where a player begins.
fn begin(start: Option<Duration>) -> String {
    start.map_or(String::new(), |start| {
        format!("#EXT-X-START:TIME-OFFSET={:.3},PRECISE=YES\n", start.as_secs_f64())
    })
}

/// The media playlist of a timeline: `init.mp4` and `{n}.m4s`, each with `prefix` before and
/// `query` behind. A player begins at `start`, if one is given.
pub fn media(timeline: &Timeline, prefix: &str, query: &str, start: Option<Duration>) -> String {
    let map = format!("#EXT-X-MAP:URI=\"{prefix}init.mp4{query}\"\n");
    list(timeline, &(begin(start) + &map), |n| format!("{prefix}{n}.m4s{query}"))
}

/// The media playlist of a text on this timeline: `{n}.vtt`, each with `query` behind.
pub fn texts(timeline: &Timeline, query: &str) -> String {
    list(timeline, "", |n| format!("{n}.vtt{query}"))
}

/// Segments of a timeline, with `tags` before them.
fn list(timeline: &Timeline, tags: &str, url: impl Fn(usize) -> String) -> String {
    let longest = timeline.lengths().map(|length| length.as_secs_f64().round() as u64).max();
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-PLAYLIST-TYPE:VOD\n\
         #EXT-X-INDEPENDENT-SEGMENTS\n{tags}",
        longest.unwrap_or(0).max(1)
    );
    for (n, length) in timeline.lengths().enumerate() {
        let _ = writeln!(text, "#EXTINF:{:.6},\n{}", length.as_secs_f64(), url(n));
    }
    text.push_str("#EXT-X-ENDLIST\n");
    text
}
