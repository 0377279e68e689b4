//! How ffmpeg is asked for a rendition from a segment on.
//!
//! Times stay those of the file, so that what any two runs make lies on one timeline.

use std::time::Duration;

use crate::hls::rendition::{Kind, Rendition};
use crate::plan::VideoWay;
use crate::probe::Container;
use crate::sandbox::Sandbox;

/// Added to all times: the first samples of AAC begin before 0, which `tfdt` can't say.
pub const OFFSET: Duration = Duration::from_secs(10);
/// Encoded frames this much before a cut belong behind it: times are rounded on their way.
const EARLY: Duration = Duration::from_millis(5);
/// Demuxers without an index land anywhere near; the keyframe before is within this, mostly.
const LEAD: Duration = Duration::from_secs(10);
/// Samples a second of encoded sound.
const SAMPLE_RATE: u64 = 48_000;
/// Pictures are made no larger.
const SCALE: &str = "scale='min(1920,iw)':'min(1080,ih)':force_original_aspect_ratio=decrease:\
    force_divisible_by=2";

/// ffmpeg's arguments for `rendition` from segment `from` on, read from `url`, to its stdout.
pub fn arguments(rendition: &Rendition, url: &str, from: usize) -> Vec<String> {
    let mut args: Vec<String> = words("-v error -nostdin");
    args.extend(Sandbox::input(rendition.container).map(str::to_owned));
    if rendition.container.is_native() {
        // The probe knows the codecs: nothing is left to find out.
        args.extend(words("-probesize 262144 -analyzeduration 0"));
    }
    let seek = seek(rendition, from);
    if !seek.is_zero() {
        args.extend(words("-noaccurate_seek -ss"));
        args.push(seconds(seek));
    }
    args.extend(["-i".to_owned(), url.to_owned()]);
    let start = rendition.timeline.start(from);
    let end = seconds(rendition.timeline.end());
    let flags = match rendition.id.kind {
        Kind::Video(VideoWay::Copy) => {
            args.extend(words("-map 0:V:0 -c:v copy"));
            if rendition.codec == Some("hevc") {
                args.extend(words("-tag:v hvc1"));
            }
            "frag_keyframe"
        }
        Kind::Video(VideoWay::Transcode) => {
            args.extend(words("-map 0:V:0 -vf"));
            let begin = seconds(start.saturating_sub(EARLY));
            args.push(format!("trim=start={begin},{SCALE},tpad=stop_mode=clone:stop=-1"));
            args.extend(words(&format!("-to {end} {H264} -force_key_frames")));
            args.push(cuts(rendition, from));
            "frag_keyframe"
        }
        Kind::Audio(n) => {
            args.extend(words(&format!("-map 0:a:{n} -to {end}")));
            if rendition.copies_audio {
                args.extend(words("-c:a copy"));
            } else {
                args.push("-af".to_owned());
                args.push(sound(start));
                args.extend(words("-c:a aac -ac 2 -b:a 160k"));
            }
            "frag_every_frame"
        }
    };
    args.push("-copyts".to_owned());
    if !rendition.container.is_native() {
        args.push("-start_at_zero".to_owned());
    }
    args.extend(words("-avoid_negative_ts disabled -output_ts_offset"));
    args.push(seconds(OFFSET));
    args.extend(words("-f mp4 -movflags"));
    args.push(format!("{flags}+empty_moov+default_base_moof+frag_discont+delay_moov"));
    args.push("pipe:1".to_owned());
    args
}

/// High profile up to level 4.2 for every browser; keyframes only where they are asked for. The
/// fine time base keeps frames on the side of a cut where the decoder had them.
const H264: &str = "-c:v libx264 -preset veryfast -profile:v high -level:v 4.2 -pix_fmt yuv420p \
    -crf 22 -maxrate 8M -bufsize 16M -g 9999 -sc_threshold 0 -enc_time_base 1:90000 \
    -fps_mode passthrough";

/// Where the demuxer is sent; zero is the start of the file.
fn seek(rendition: &Rendition, from: usize) -> Duration {
    if from == 0 {
        return Duration::ZERO;
    }
    let seek = rendition.timeline.seek(from);
    let indexed = rendition.container.is_native() || rendition.container == Container::Avi;
    if indexed { seek } else { seek.saturating_sub(LEAD) }
}

/// A keyframe at every cut, as a list: ffmpeg's expressions drift.
fn cuts(rendition: &Rendition, from: usize) -> String {
    let starts = (from..rendition.timeline.count()).map(|n| rendition.timeline.start(n));
    let early = starts.map(|start| seconds(start.saturating_sub(EARLY)));
    early.collect::<Vec<_>>().join(",")
}

/// Sound without holes from `start` to the end, whatever the track lacks.
fn sound(start: Duration) -> String {
    let first = start.as_millis() * u128::from(SAMPLE_RATE) / 1000;
    let begin = seconds(start);
    format!("aresample={SAMPLE_RATE},atrim=start={begin},aresample=async=1:first_pts={first},apad")
}

fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
