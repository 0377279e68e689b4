//! A file's container and media type by its first bytes.

use super::Container;

/// Bytes from the start that tell a container; fewer may do.
pub const SNIFF_LEN: usize = 1024;

const TS_PACKET: usize = 188;
const M2TS_PACKET: usize = 192;

/// The container that begins with these bytes. Playlists and text are none: they are never
/// opened as media.
pub fn container(head: &[u8]) -> Option<Container> {
    let at = |offset: usize, magic: &[u8]| {
        head.get(offset..).is_some_and(|rest| rest.starts_with(magic))
    };
    let found = if at(0, &[0x1A, 0x45, 0xDF, 0xA3]) {
        ebml_doc_type(head)
    } else if at(0, b"RIFF") && at(8, b"AVI ") {
        Container::Avi
    } else if (at(0, b"RIFF") || at(0, b"RF64")) && at(8, b"WAVE") {
        Container::Wav
    } else if at(0, b"OggS") {
        Container::Ogg
    } else if at(0, b"fLaC") {
        Container::Flac
    } else if at(0, b"FLV\x01") {
        Container::Flv
    } else if at(0, &[0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11]) {
        Container::Asf
    } else if at(0, &[0, 0, 1, 0xBA]) {
        Container::MpegPs
    } else if let Some(found) = iso_media(head) {
        found
    } else if is_ts(head, TS_PACKET, 0) || is_ts(head, M2TS_PACKET, 4) {
        Container::MpegTs
    } else if at(0, b"ID3") {
        Container::Mp3
    } else {
        return mpeg_audio(head);
    };
    Some(found)
}

/// The media type of the content that begins with these bytes, when a file's name doesn't tell.
pub fn sniff(head: &[u8]) -> Option<&'static str> {
    container(head).map(|container| match container {
        Container::Mp4 => "video/mp4",
        Container::Mov => "video/quicktime",
        Container::Matroska => "video/x-matroska",
        Container::WebM => "video/webm",
        Container::Avi => "video/x-msvideo",
        Container::MpegTs => "video/mp2t",
        Container::MpegPs => "video/mpeg",
        Container::Ogg => "application/ogg",
        Container::Flac => "audio/flac",
        Container::Mp3 => "audio/mpeg",
        Container::Aac => "audio/aac",
        Container::Wav => "audio/wav",
        Container::Flv => "video/x-flv",
        Container::Asf => "video/x-ms-asf",
    })
}

/// The DocType (RFC 8794, 11.2.5) within the header's first bytes.
fn ebml_doc_type(head: &[u8]) -> Container {
    let near = head.get(..64.min(head.len())).unwrap_or_default();
    if near.windows(7).any(|window| window == b"\x42\x82\x84webm") {
        Container::WebM
    } else {
        Container::Matroska
    }
}

fn iso_media(head: &[u8]) -> Option<Container> {
    let name = head.get(4..8)?;
    match name {
        b"ftyp" if head.get(8..12) == Some(b"qt  ") => Some(Container::Mov),
        b"ftyp" | b"styp" => Some(Container::Mp4),
        b"moov" | b"mdat" | b"wide" | b"skip" | b"pnot" => Some(Container::Mov),
        b"free" => Some(Container::Mp4),
        _ => None,
    }
}

/// Sync bytes at three packets in a row.
fn is_ts(head: &[u8], packet: usize, first: usize) -> bool {
    (0..3).all(|n| head.get(first + n * packet) == Some(&0x47))
}

/// An ADTS or MPEG audio frame header with every field in its range (ISO 11172-3, 2.4.1.3).
fn mpeg_audio(head: &[u8]) -> Option<Container> {
    let &[first, second, third, ..] = head else {
        return None;
    };
    if first != 0xFF || second & 0xE0 != 0xE0 {
        return None;
    }
    let (layer, version) = (second & 0x06, second & 0x18);
    if layer == 0 && second & 0xF0 == 0xF0 {
        return ((third >> 2) & 0x0F < 13).then_some(Container::Aac);
    }
    let (rate, frequency) = (third >> 4, third & 0x0C);
    let valid = layer != 0 && version != 0x08 && !matches!(rate, 0 | 15) && frequency != 0x0C;
    valid.then_some(Container::Mp3)
}
