//! Containers are told by their first bytes, whatever the name says.
#![allow(clippy::unwrap_used)]

mod probe_support;

use http_front::probe::{Container, ProbeError, probe, sniff};
use probe_support::{Films, probe_file};

#[tokio::test]
async fn what_ffmpeg_writes() {
    let films = Films::new();
    let mpeg4 = &["-c:v", "mpeg4", "-c:a", "libmp3lame"];
    let sound = |codec: &'static str| ["-map", "1:a", "-t", "2", "-c:a", codec];
    let rows: [(&str, &[&str], Container, &str); 11] = [
        ("film.avi", mpeg4, Container::Avi, "video/x-msvideo"),
        ("film.ts", &["-c:v", "mpeg2video"], Container::MpegTs, "video/mp2t"),
        ("film.m2ts", &["-c:v", "mpeg2video"], Container::MpegTs, "video/mp2t"),
        ("film.mpg", &[], Container::MpegPs, "video/mpeg"),
        ("film.flv", &["-c:v", "flv1", "-ar", "44100"], Container::Flv, "video/x-flv"),
        ("film.wmv", &[], Container::Asf, "video/x-ms-asf"),
        ("tone.ogg", &sound("libvorbis"), Container::Ogg, "application/ogg"),
        ("tone.flac", &sound("flac"), Container::Flac, "audio/flac"),
        ("tone.mp3", &sound("libmp3lame"), Container::Mp3, "audio/mpeg"),
        ("tone.aac", &sound("aac"), Container::Aac, "audio/aac"),
        ("tone.wav", &sound("pcm_s16le"), Container::Wav, "audio/wav"),
    ];
    for (name, arguments, container, mime) in rows {
        let path = films.make(name, &[arguments]);
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(sniff(&bytes[..1024]), Some(mime), "{name}");
        let info = probe_file(&path).await.unwrap();
        assert_eq!(info.container, container, "{name}");
        assert!(info.tracks.is_empty());
    }
}

/// `HOSTILE.md` 52: what names other files is never media.
#[tokio::test]
async fn playlists_and_text_are_no_media() {
    let texts: [&[u8]; 6] = [
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"<?xml version=\"1.0\"?><MPD></MPD>",
        b"\xEF\xBB\xBFhello",
        b"",
        b"\xFF",
    ];
    for text in texts {
        assert_eq!(sniff(text), None);
        let source = bytes::Bytes::from_static(text);
        let told = probe(&source, &Default::default()).await;
        assert!(matches!(told, Err(ProbeError::NotMedia)), "{told:?}");
    }
}
