//! Codecs by Matroska's CodecID (RFC 9559, 5.1.4.1.21, and the codec registry).

use crate::probe::codec;

/// CodecID, or its beginning up to `*`, and ffmpeg's name.
const NAMES: &[(&str, &str)] = &[
    ("V_MPEG4/ISO/AVC", "h264"),
    ("V_MPEGH/ISO/HEVC", "hevc"),
    ("V_AV1", "av1"),
    ("V_VP8", "vp8"),
    ("V_VP9", "vp9"),
    ("V_MPEG4/ISO/*", "mpeg4"),
    ("V_MPEG4/MS/V3", "msmpeg4v3"),
    ("V_MPEG2", "mpeg2video"),
    ("V_MPEG1", "mpeg1video"),
    ("V_THEORA", "theora"),
    ("V_PRORES", "prores"),
    ("V_MJPEG", "mjpeg"),
    ("V_FFV1", "ffv1"),
    ("A_AAC*", "aac"),
    ("A_AC3*", "ac3"),
    ("A_EAC3", "eac3"),
    ("A_DTS*", "dts"),
    ("A_TRUEHD", "truehd"),
    ("A_MLP", "mlp"),
    ("A_OPUS*", "opus"),
    ("A_VORBIS", "vorbis"),
    ("A_FLAC", "flac"),
    ("A_MPEG/L3", "mp3"),
    ("A_MPEG/L2", "mp2"),
    ("A_MPEG/L1", "mp1"),
    ("A_ALAC", "alac"),
    ("A_TTA1", "tta"),
    ("A_WAVPACK4", "wavpack"),
    ("S_TEXT/UTF8", "subrip"),
    ("S_TEXT/ASCII", "subrip"),
    ("S_TEXT/ASS", "ass"),
    ("S_TEXT/SSA", "ass"),
    ("S_ASS", "ass"),
    ("S_SSA", "ass"),
    ("S_TEXT/WEBVTT", "webvtt"),
    ("D_WEBVTT/*", "webvtt"),
    ("S_HDMV/PGS", "hdmv_pgs_subtitle"),
    ("S_HDMV/TEXTST", "hdmv_text_subtitle"),
    ("S_VOBSUB*", "dvd_subtitle"),
    ("S_DVBSUB", "dvb_subtitle"),
];

/// The four characters of a `BITMAPINFOHEADER` in `V_MS/VFW/FOURCC`, and ffmpeg's name.
const FOURCCS: &[(&[u8; 4], &str)] = &[
    (b"XVID", "mpeg4"),
    (b"DIVX", "mpeg4"),
    (b"DX50", "mpeg4"),
    (b"FMP4", "mpeg4"),
    (b"MP4V", "mpeg4"),
    (b"DIV3", "msmpeg4v3"),
    (b"MP43", "msmpeg4v3"),
    (b"H264", "h264"),
    (b"AVC1", "h264"),
    (b"HEVC", "hevc"),
    (b"WVC1", "vc1"),
    (b"WMV3", "wmv3"),
    (b"MJPG", "mjpeg"),
];

/// ffmpeg's name for a CodecID, with the CodecPrivate and the bits of a sample where they decide.
pub(super) fn name(codec_id: &str, private: &[u8], bits: Option<u64>) -> Option<&'static str> {
    let matches = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => codec_id.starts_with(start),
        None => codec_id == pattern,
    };
    match codec_id {
        "V_MS/VFW/FOURCC" => {
            let fourcc = private.get(16..20)?.to_ascii_uppercase();
            let found = FOURCCS.iter().find(|(known, _)| fourcc == *known);
            found.map(|(_, name)| *name)
        }
        "A_PCM/INT/LIT" => Some(match bits {
            Some(8) => "pcm_u8",
            Some(24) => "pcm_s24le",
            Some(32) => "pcm_s32le",
            _ => "pcm_s16le",
        }),
        "A_PCM/INT/BIG" => Some(match bits {
            Some(24) => "pcm_s24be",
            Some(32) => "pcm_s32be",
            _ => "pcm_s16be",
        }),
        "A_PCM/FLOAT/IEEE" => Some(match bits {
            Some(64) => "pcm_f64le",
            _ => "pcm_f32le",
        }),
        _ => NAMES.iter().find(|(pattern, _)| matches(pattern)).map(|(_, name)| *name),
    }
}

/// The codec string of a track, from ffmpeg's name, CodecID and CodecPrivate.
pub(super) fn string(name: &str, codec_id: &str, private: &[u8]) -> Option<String> {
    let plain = match name {
        "h264" if codec_id == "V_MPEG4/ISO/AVC" => return codec::avc("avc1", private),
        "hevc" if codec_id == "V_MPEGH/ISO/HEVC" => return codec::hevc("hvc1", private),
        "av1" => return codec::av1(private),
        "vp9" => return Some(codec::vp9_features(private)),
        "aac" => {
            let by_name = if codec_id.ends_with("/SBR") { 5 } else { 2 };
            return codec::aac(private).or_else(|| Some(format!("mp4a.40.{by_name}")));
        }
        "mpeg4" => "mp4v.20.9",
        "ac3" => "ac-3",
        "eac3" => "ec-3",
        "dts" => "dtsc",
        "truehd" => "mlpa",
        "vp8" | "opus" | "vorbis" | "flac" | "mp3" | "alac" | "theora" => name,
        "webvtt" => "wvtt",
        _ => return None,
    };
    Some(plain.to_owned())
}
