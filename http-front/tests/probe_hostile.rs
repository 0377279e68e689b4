//! Hostile files can't crash, hang or bloat a probe.
#![allow(clippy::unwrap_used)]

mod probe_support;

use std::io;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_front::probe::{Limits, ProbeError, Source, fuzz, probe};
use probe_support::{AAC, Films, H264};
use proptest::collection::vec;
use proptest::prelude::*;
use wire::ByteRange;

/// Small real files of every shape that the walks know.
fn films() -> &'static [Vec<u8>] {
    static FILMS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FILMS.get_or_init(|| {
        let films = Films::new();
        let srt = films.text("s.srt", "1\n00:00:01,000 --> 00:00:02,000\nhello\n");
        let marks = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=5000\ntitle=One\n";
        let marks = films.text("c.txt", marks);
        let extra = &[
            "-i",
            &srt,
            "-i",
            &marks,
            "-map_chapters",
            "3",
            "-map",
            "0:v",
            "-map",
            "1:a",
            "-map",
            "1:a",
            "-map",
            "2:s",
            "-c:a:1",
            "ac3",
            "-t",
            "3",
            "-s",
            "64x36",
        ];
        let rows: [(&str, &[&str]); 5] = [
            ("fast.mp4", &["-movflags", "+faststart", "-c:s", "mov_text"]),
            ("tail.mov", &["-c:s", "mov_text"]),
            ("sidx.mp4", &["-movflags", "dash+frag_keyframe+empty_moov+global_sidx", "-sn"]),
            ("mfra.mp4", &["-movflags", "frag_keyframe+empty_moov", "-sn"]),
            ("film.mkv", &["-c:s", "srt"]),
        ];
        let paths = rows.map(|(name, more)| films.make(name, &[extra, H264, AAC, more]));
        paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
    })
}

/// Where a mutation hits: mostly the head and the tail, where the index is.
fn mutations() -> impl Strategy<Value = Vec<(u16, bool, u8)>> {
    vec((any::<u16>(), any::<bool>(), any::<u8>()), 1..12)
}

fn hit(bytes: &mut [u8], mutations: &[(u16, bool, u8)]) {
    let len = bytes.len();
    for (at, from_end, value) in mutations {
        let at = usize::from(*at) % len.min(8192);
        bytes[if *from_end { len - 1 - at } else { at }] = *value;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn mutated_files(film in 0usize..5, mutations in mutations(), keep in 0usize..=1000) {
        let mut bytes = films()[film].clone();
        hit(&mut bytes, &mutations);
        let kept = if keep > 700 { bytes.len() } else { bytes.len() * keep / 700 };
        fuzz::whole_file(&bytes[..kept]);
    }

    #[test]
    fn mutated_moov(film in 0usize..4, mutations in mutations()) {
        let film = &films()[film];
        let at = film.windows(4).position(|window| window == b"moov").unwrap();
        let length = u32::from_be_bytes(film[at - 4..at].try_into().unwrap()) as usize;
        let mut moov = film[at + 4..at - 4 + length].to_vec();
        hit(&mut moov, &mutations);
        fuzz::mp4_boxes(&moov);
    }

    #[test]
    fn mutated_elements(mutations in mutations()) {
        let film = &films()[4];
        let first = [0x15, 0x49, 0xA9, 0x66];
        let at = film.windows(4).position(|window| window == first).unwrap();
        let end = film.windows(4).position(|window| window == [0x1F, 0x43, 0xB6, 0x75]).unwrap();
        let cues = film.windows(4).rposition(|window| window == [0x1C, 0x53, 0xBB, 0x6B]).unwrap();
        let mut elements = [&film[at..end], &film[cues..]].concat();
        hit(&mut elements, &mutations);
        fuzz::mkv_elements(&elements);
    }

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..2048)) {
        fuzz::whole_file(&bytes);
        fuzz::mp4_boxes(&bytes);
        fuzz::mkv_elements(&bytes);
    }
}

fn boxed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = (8 + body.len() as u32).to_be_bytes();
    [&size, &name[..], body].concat()
}

/// A film whose tables promise four billion samples in a few bytes.
#[tokio::test]
async fn tables_that_promise_billions() {
    let ones = [0xFF; 4];
    let stsz = boxed(b"stsz", &[&[0; 4][..], &[0, 0, 0, 1], &ones].concat());
    let stts = boxed(b"stts", &[&[0; 4][..], &[0, 0, 0, 1], &ones, &[0, 0, 0, 1]].concat());
    let stsc = boxed(b"stsc", &[&[0; 4][..], &[0, 0, 0, 1], &[0, 0, 0, 1], &ones, &ones].concat());
    let stco = boxed(b"stco", &[&[0; 4][..], &ones, &[0, 0, 0, 9]].concat());
    let stsd = boxed(b"stsd", &[&[0; 4][..], &ones].concat());
    let stbl = boxed(b"stbl", &[stsz, stts, stsc, stco, stsd].concat());
    let hdlr = boxed(b"hdlr", &[&[0; 8][..], b"vide", &[0; 13]].concat());
    let mdhd = boxed(b"mdhd", &[&[0; 12][..], &[0, 0, 0, 25], &ones, &[0; 4]].concat());
    let mdia = boxed(b"mdia", &[mdhd, hdlr, boxed(b"minf", &stbl)].concat());
    let trak = boxed(b"trak", &mdia);
    let mvhd = boxed(b"mvhd", &[&[0; 12][..], &[0, 0, 0, 25], &ones, &[0; 80]].concat());
    let moov = boxed(b"moov", &[mvhd, trak.repeat(200)].concat());
    let file = [boxed(b"ftyp", b"isom\0\0\0\0isom"), moov].concat();
    let begun = Instant::now();
    let source = Claims { head: file.into(), len: 1 << 40 };
    let info = probe(&source, &Limits::default()).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(info.tracks.len() <= 128);
    let index = info.keyframes.unwrap();
    assert!(index.thinned && index.entries.len() < 140_000, "{}", index.entries.len());
}

/// A file of a size that says that it has what it has not.
struct Claims {
    head: Bytes,
    len: u64,
}

impl Source for Claims {
    fn len(&self) -> u64 {
        self.len
    }

    async fn read(&self, range: ByteRange) -> io::Result<Bytes> {
        let mut bytes = vec![0; range.len() as usize];
        let known = self.head.iter().skip(range.start as usize);
        for (byte, known) in bytes.iter_mut().zip(known) {
            *byte = *known;
        }
        Ok(bytes.into())
    }
}

#[tokio::test]
async fn an_index_past_the_limit_is_not_fetched() {
    let limits = Limits::default();
    let moov = [&boxed(b"ftyp", b"isom")[..], &[0x7F, 0, 0, 0], b"moov"].concat();
    let mkv = b"\x1A\x45\xDF\xA3\x80\x18\x53\x80\x67\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\
                \x16\x54\xAE\x6B\x01\0\0\0\x7F\0\0\0";
    for head in [moov, mkv.to_vec()] {
        let source = Claims { head: head.into(), len: 1 << 40 };
        let told = probe(&source, &limits).await;
        assert!(matches!(told, Err(ProbeError::TooLarge { .. })), "{told:?}");
    }
}

#[tokio::test]
async fn a_truncated_file_is_said_to_be() {
    let film = &films()[0];
    let at = film.windows(4).position(|window| window == b"moov").unwrap();
    let source = Bytes::copy_from_slice(&film[..at + 100]);
    let told = probe(&source, &Limits::default()).await;
    assert!(matches!(told, Err(ProbeError::Truncated { what: "moov", .. })), "{told:?}");
}

#[tokio::test]
async fn a_file_of_empty_boxes_ends() {
    let source = Claims { head: boxed(b"free", b"").repeat(100_000).into(), len: 1 << 40 };
    let told = probe(&source, &Limits::default()).await;
    assert!(matches!(told, Err(ProbeError::Malformed { .. })), "{told:?}");
}

/// A torrent without peers.
struct Silent;

impl Source for Silent {
    fn len(&self) -> u64 {
        1 << 30
    }

    async fn read(&self, _: ByteRange) -> io::Result<Bytes> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_source_that_never_answers_times_out() {
    let limits = Limits { wall: Duration::from_millis(50), ..Limits::default() };
    let told = probe(&Silent, &limits).await;
    assert!(matches!(told, Err(ProbeError::TimedOut(wall)) if wall == limits.wall), "{told:?}");
}
