//! A sample description (`stsd` entry): what mp4parse makes of it, and what it doesn't know.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mp4parse::{AudioCodecSpecific, CodecType, SampleEntry};

use super::boxes::{Mp4Box, find, u16_at, u32_at};
use super::movie::{Movie, Trak};
use crate::probe::codec;
use crate::probe::info::{Track, TrackKind};

/// A sample description longer than this is left to the name of its codec.
const MAX_ENTRY: usize = 1 << 20;

/// Children of a visual, a version 0 audio and a QuickTime version 1 or 2 audio description
/// begin here.
const VISUAL: usize = 78;
const AUDIO: [usize; 3] = [28, 44, 64];

/// Fills in what the description of `trak` says about its codec.
pub(super) fn describe(movie: &Movie<'_>, trak: &Trak<'_>, track: &mut Track) {
    let Some(entry) = &trak.entry else { return };
    by_fourcc(entry, track);
    if let Some(parsed) = parsed(movie, trak) {
        by_mp4parse(parsed, track);
    }
}

/// What the four characters and the configuration box tell.
fn by_fourcc(entry: &Mp4Box<'_>, track: &mut Track) {
    let name = String::from_utf8_lossy(&entry.name).into_owned();
    let is_video = track.kind == TrackKind::Video;
    if is_video {
        track.width = u16_at(entry.body, 24).map(u32::from).or(track.width);
        track.height = u16_at(entry.body, 26).map(u32::from).or(track.height);
    }
    let children = children(entry.body, is_video);
    let config = |name: &[u8; 4]| find(children, name);
    if track.kind == TrackKind::Audio {
        track.channels = u16_at(entry.body, 16).map(u32::from);
        track.sample_rate = u32_at(entry.body, 24).map(|fixed| fixed >> 16);
    }
    let (codec, string) = match &entry.name {
        b"avc1" | b"avc3" => ("h264", config(b"avcC").and_then(|c| codec::avc(&name, c))),
        b"hvc1" | b"hev1" => ("hevc", config(b"hvcC").and_then(|c| codec::hevc(&name, c))),
        b"dvh1" | b"dvhe" => ("hevc", config(b"hvcC").and_then(|c| codec::hevc("hvc1", c))),
        b"av01" => ("av1", config(b"av1C").and_then(codec::av1)),
        b"vp08" => ("vp8", config(b"vpcC").and_then(|c| codec::vpx(&name, c))),
        b"vp09" => ("vp9", config(b"vpcC").and_then(|c| codec::vpx(&name, c))),
        b"mp4v" => ("mpeg4", Some("mp4v.20.9".to_owned())),
        b"s263" | b"h263" => ("h263", None),
        b"jpeg" | b"mjpa" | b"mjpb" => ("mjpeg", None),
        b"apcn" | b"apch" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" => ("prores", None),
        b"vc-1" => ("vc1", None),
        b"ac-3" => {
            if let Some(dac3) = config(b"dac3").and_then(|c| u16_at(c, 1)) {
                let (acmod, lfe) = ((dac3 >> 11 & 7) as u8, dac3 & 0x400 != 0);
                track.channels = Some(codec::ac3_channels(acmod, lfe));
            }
            ("ac3", Some(name))
        }
        b"ec-3" => {
            if let Some(dec3) = config(b"dec3").and_then(|c| c.get(3)) {
                let (acmod, lfe) = (dec3 >> 1 & 7, dec3 & 1 != 0);
                track.channels = Some(codec::ac3_channels(acmod, lfe));
            }
            ("eac3", Some(name))
        }
        b"mp4a" => ("aac", None),
        b".mp3" => ("mp3", Some("mp3".to_owned())),
        b"Opus" => {
            let told = config(b"dOps").and_then(|c| c.get(1)).copied();
            track.channels = told.map(u32::from).or(track.channels);
            ("opus", Some("opus".to_owned()))
        }
        b"fLaC" => {
            // STREAMINFO (RFC 9639, 8.2) behind the full box's and the block's header.
            let told = config(b"dfLa").and_then(|c| c.get(20)).copied();
            track.channels = told.map(|byte| u32::from(byte >> 1 & 7) + 1).or(track.channels);
            ("flac", Some("flac".to_owned()))
        }
        b"alac" => ("alac", Some("alac".to_owned())),
        b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" | b"dtsx" => ("dts", Some(name)),
        b"mlpa" => ("truehd", Some(name)),
        b"sowt" => ("pcm_s16le", None),
        b"twos" => ("pcm_s16be", None),
        b"tx3g" | b"text" => ("mov_text", Some("tx3g".to_owned())),
        b"wvtt" => ("webvtt", Some(name)),
        b"stpp" => ("ttml", Some(name)),
        b"c608" => ("eia_608", None),
        b"mp4s" => ("dvd_subtitle", None),
        _ => return,
    };
    track.codec = Some(codec);
    track.codec_string = string;
}

fn children(body: &[u8], is_video: bool) -> &[u8] {
    let version = usize::from(u16_at(body, 8).unwrap_or(0));
    let at = if is_video { VISUAL } else { AUDIO.get(version).copied().unwrap_or(AUDIO[0]) };
    body.get(at..).unwrap_or_default()
}

fn by_mp4parse(parsed: SampleEntry, track: &mut Track) {
    match parsed {
        SampleEntry::Video(video) => {
            track.width = Some(u32::from(video.width));
            track.height = Some(u32::from(video.height));
        }
        SampleEntry::Audio(audio) => {
            if track.channels.is_none_or(|channels| channels == 0) {
                track.channels = Some(audio.channelcount);
            }
            if audio.samplerate >= 1.0 && audio.samplerate <= 6_144_000.0 {
                track.sample_rate = Some(audio.samplerate as u32);
            }
            if let AudioCodecSpecific::ES_Descriptor(esds) = &audio.codec_specific {
                elementary_stream(esds, audio.codec_type, track);
            }
        }
        SampleEntry::Unknown => {}
    }
}

/// `mp4a` may carry any codec of MPEG-4's object types (ISO 14496-1, 7.2.6.6).
fn elementary_stream(esds: &mp4parse::ES_Descriptor, codec_type: CodecType, track: &mut Track) {
    match codec_type {
        CodecType::AAC => {
            let object = esds.extended_audio_object_type.or(esds.audio_object_type).unwrap_or(2);
            track.codec = Some("aac");
            track.codec_string = Some(format!("mp4a.40.{object}"));
            track.channels = esds
                .audio_channel_count
                .map(u32::from)
                .filter(|channels| *channels != 0)
                .or(track.channels);
            track.sample_rate = esds.audio_sample_rate.or(track.sample_rate);
        }
        CodecType::MP3 => {
            track.codec = Some("mp3");
            track.codec_string = Some("mp4a.6b".to_owned());
        }
        _ => {
            track.codec = None;
            track.codec_string = None;
        }
    }
}

/// Hands mp4parse a file of `ftyp` and `moov` with this track alone, its first description and
/// no table: what it allocates is bounded by the description. A panic of it is "unknown".
fn parsed(movie: &Movie<'_>, trak: &Trak<'_>) -> Option<SampleEntry> {
    let entry = trak.entry.filter(|entry| entry.whole.len() <= MAX_ENTRY)?;
    let stsd = make(b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1], entry.whole]);
    let minf = make(b"minf", &[&make(b"stbl", &[&stsd])]);
    let mdia = make(b"mdia", &[trak.mdhd, trak.hdlr, &minf]);
    let track = make(b"trak", &[trak.tkhd, &mdia]);
    let ftyp = make(b"ftyp", &[b"isom\0\0\0\0isom"]);
    let file = [ftyp, make(b"moov", &[movie.mvhd, &track])].concat();
    let parse = || mp4parse::read_mp4(&mut file.as_slice());
    let context = catch_unwind(AssertUnwindSafe(parse)).ok()?.ok()?;
    let track = context.tracks.into_iter().next()?;
    track.stsd?.descriptions.into_iter().next()
}

fn make(name: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let size = 8 + parts.iter().map(|part| part.len()).sum::<usize>();
    let mut made = Vec::with_capacity(size);
    made.extend_from_slice(&u32::try_from(size).unwrap_or(0).to_be_bytes());
    made.extend_from_slice(name);
    parts.iter().for_each(|part| made.extend_from_slice(part));
    made
}
