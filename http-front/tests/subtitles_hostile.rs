//! Hostile subtitles can't crash, hang or bloat us, nor get markup through.
#![allow(clippy::unwrap_used)]

mod probe_support;

use std::sync::OnceLock;

use http_front::subtitles::{Format, charset, fuzz, vtt};
use probe_support::{AAC, Films, H264};
use proptest::collection::vec;
use proptest::prelude::*;

const SEEDS: [&str; 3] = [
    "1\n00:00:01,000 --> 00:00:02,500\n<i>One</i> & {\\an8}two\n\n2\n00:03.0 --> 00:04.0\nx\n",
    "[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,{\\i1}a\\Nb\n",
    "WEBVTT\n\n00:01.000 --> 00:02.000 line:0\n<v Ann>Hi &amp; bye</v>\n\nx\n01:00:00.000 --> 01:00:01.000\ny\n",
];

/// Small real files with a text track.
fn films() -> &'static [Vec<u8>] {
    static FILMS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FILMS.get_or_init(|| {
        let films = Films::new();
        let texts = films.text("s.srt", SEEDS[0]);
        let maps = &["-i", &texts, "-map", "0", "-map", "1", "-map", "2", "-t", "5", "-s", "64x36"];
        let rows = [("a.mkv", "srt"), ("b.mp4", "mov_text")];
        let paths =
            rows.map(|(name, codec)| films.make(name, &[maps, H264, AAC, &["-c:s", codec]]));
        paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn mutated_files(seed in 0usize..3, hits in vec((any::<u8>(), any::<u8>()), 0..8)) {
        let mut bytes = SEEDS[seed].as_bytes().to_vec();
        for (at, value) in hits {
            let at = usize::from(at) % bytes.len();
            bytes[at] = value;
        }
        fuzz::file(&bytes);
    }

    #[test]
    fn any_text(text in "(([0-9:.,]{0,12} --> [0-9:.,]{0,12}|[<{&;}>\\\\a-z\r\n\0é]{0,20})\n){0,20}") {
        fuzz::file(text.as_bytes());
    }

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..2048)) {
        fuzz::file(&bytes);
        http_front::probe::fuzz::texts(&bytes);
    }

    #[test]
    fn mutated_films(film in 0usize..2, hits in vec((any::<u16>(), any::<u8>()), 1..12)) {
        let mut bytes = films()[film].clone();
        let length = bytes.len();
        for (at, value) in hits {
            bytes[usize::from(at) * length / 65_536] = value;
        }
        http_front::probe::fuzz::texts(&bytes);
    }
}

#[test]
fn a_million_cues_are_cut() {
    let text = "00:00:01,000 --> 00:00:02,000\nx\n".repeat(1_000_000);
    assert_eq!(Format::Srt.parse(text.as_bytes()).len(), 50_000);
}

#[test]
fn a_text_without_end_is_cut() {
    let text = format!("00:00:01,000 --> 00:00:02,000\n{}", "<".repeat(4_000_000));
    let cues = Format::Srt.parse(text.as_bytes());
    assert!(cues[0].text.len() <= 8 * 1024 + 4, "{}", cues[0].text.len());
}

#[test]
fn no_script_and_no_second_cue_gets_through() {
    let text =
        "00:00:01,000 --> 00:00:02,000\n<script src=x>\n\n<c.a onclick=b>00:00:03.000 ‐‐> x\n";
    let written = vtt::write(&Format::Vtt.parse(text.as_bytes()));
    assert!(!written.contains("script") && !written.contains("onclick"), "{written}");
    assert_eq!(written.matches("-->").count(), 0, "a cue without text is none: {written}");
}

#[test]
fn the_charset_is_found() {
    let russian = "Что это было? Я не знаю, но мы должны идти дальше.";
    let czech = "Příliš žluťoučký kůň úpěl ďábelské ódy, řekl pán.";
    for (bytes, text) in [
        (encoding_rs::WINDOWS_1251.encode(russian).0, russian),
        (encoding_rs::KOI8_R.encode(russian).0, russian),
        (encoding_rs::WINDOWS_1250.encode(czech).0, czech),
        (encoding_rs::SHIFT_JIS.encode("これは日本語の字幕です。").0, "これは日本語の字幕です。"),
        (russian.as_bytes().into(), russian),
    ] {
        assert_eq!(charset::decode(&bytes), text);
    }
    let wide = |order: fn(u16) -> [u8; 2]| "Hello, you".encode_utf16().flat_map(order);
    let little: Vec<u8> = wide(u16::to_le_bytes).collect();
    let big: Vec<u8> = [0xFE, 0xFF].into_iter().chain(wide(u16::to_be_bytes)).collect();
    assert_eq!(
        (charset::decode(&little), charset::decode(&big)),
        ("Hello, you".into(), "Hello, you".into())
    );
    assert_eq!(charset::decode(b"\xEF\xBB\xBFmark"), "mark");
}
