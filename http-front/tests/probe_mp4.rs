//! MP4 and QuickTime are told as ffprobe tells them, whatever the layout.
#![allow(clippy::unwrap_used)]

mod probe_support;

use http_front::probe::{Container, TrackKind};
use probe_support::{
    AAC, Films, H264, assert_agrees, assert_tracks_agree, close, probe_file, strings,
};

#[tokio::test]
async fn moov_first() {
    let films = Films::new();
    let path = films.make("film.mp4", &[H264, AAC, &["-movflags", "+faststart"]]);
    let info = probe_file(&path).await.unwrap();
    assert_agrees(&info, &path);
    assert_eq!(info.container, Container::Mp4);
    assert!(!info.fragmented);
    let strings = strings(&info);
    assert!(strings[0].unwrap().starts_with("avc1.4d40"), "{strings:?}");
    assert_eq!(strings[1], Some("mp4a.40.2"));
}

#[tokio::test]
async fn moov_last() {
    let films = Films::new();
    let path = films.make("film.mp4", &[H264, AAC, &["-b:v", "3M"]]);
    let info = probe_file(&path).await.unwrap();
    assert_agrees(&info, &path);
}

#[tokio::test]
async fn keyframes_point_at_their_samples() {
    let films = Films::new();
    let path = films.make("film.mp4", &[H264, AAC]);
    let info = probe_file(&path).await.unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for keyframe in &info.keyframes.unwrap().entries {
        let at = usize::try_from(keyframe.offset).unwrap();
        let units = (0..4).scan(at, |at, _| {
            let length = u32::from_be_bytes(bytes.get(*at..*at + 4)?.try_into().unwrap());
            let kind = bytes.get(*at + 4)? & 0x1F;
            *at += 4 + length as usize;
            Some(kind)
        });
        let kinds: Vec<u8> = units.collect();
        assert!(kinds.contains(&5), "no IDR slice at {at}: {kinds:?}");
    }
}

#[tokio::test]
async fn fragments_indexed_by_mfra() {
    let films = Films::new();
    let flags = &["-movflags", "frag_keyframe+empty_moov"];
    let path = films.make("film.mp4", &[H264, AAC, flags]);
    let info = probe_file(&path).await.unwrap();
    assert!(info.fragmented);
    assert_agrees(&info, &path);
}

#[tokio::test]
async fn fragments_indexed_by_sidx() {
    let films = Films::new();
    let flags = &["-movflags", "dash+frag_keyframe+empty_moov+global_sidx"];
    let path = films.make("film.mp4", &[H264, AAC, flags]);
    let info = probe_file(&path).await.unwrap();
    assert!(info.fragmented);
    assert_agrees(&info, &path);
}

#[tokio::test]
async fn fragments_without_an_index() {
    let films = Films::new();
    let flags = &["-movflags", "frag_keyframe+empty_moov+skip_trailer", "-f", "mp4"];
    let inputs = [probe_support::INPUTS, H264, AAC, flags];
    let path = films.pipe("film.mp4", &inputs);
    let info = probe_file(&path).await.unwrap();
    assert!(info.fragmented);
    assert!(info.keyframes.is_none());
    assert_tracks_agree(&info, &path);
}

#[tokio::test]
async fn hevc_and_eac3_with_languages_and_titles() {
    let films = Films::new();
    let video = &["-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-g", "37"];
    let quiet = &["-x265-params", "log-level=error:keyint=37:min-keyint=37"];
    let audio = &["-map", "0:v", "-map", "1:a", "-map", "1:a", "-c:a:0", "eac3", "-c:a:1", "ac3"];
    let tags = &[
        "-ac:a:0",
        "6",
        "-metadata:s:a:0",
        "language=fra",
        "-metadata:s:a:1",
        "language=deu",
        "-disposition:a:1",
        "0",
        "-metadata",
        "title=A film",
    ];
    let path = films.make("film.mp4", &[video, quiet, audio, tags]);
    let info = probe_file(&path).await.unwrap();
    assert_agrees(&info, &path);
    assert_eq!(info.title.as_deref(), Some("A film"));
    let strings = strings(&info);
    assert!(strings[0].unwrap().starts_with("hvc1.1.6.L"), "{strings:?}");
    assert_eq!(strings[1..], [Some("ec-3"), Some("ac-3")]);
}

#[tokio::test]
async fn subtitles_and_chapters() {
    let films = Films::new();
    let srt = films.text("s.srt", "1\n00:00:01,000 --> 00:00:02,000\nhello\n");
    let marks = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=5000\ntitle=One\n\
                 [CHAPTER]\nTIMEBASE=1/1000\nSTART=5000\nEND=12000\ntitle=Two\n";
    let chapters = films.text("c.txt", marks);
    let inputs = &["-i", &srt, "-i", &chapters, "-map_chapters", "3"];
    let maps = &["-map", "0:v", "-map", "1:a", "-map", "2:s", "-c:s", "mov_text"];
    let path =
        films.make("film.mp4", &[inputs, maps, H264, AAC, &["-metadata:s:s:0", "language=eng"]]);
    let info = probe_file(&path).await.unwrap();
    let subtitle = info.first(TrackKind::Subtitle).unwrap();
    assert_eq!(subtitle.codec, Some("mov_text"));
    assert_eq!(subtitle.language.as_deref(), Some("eng"));
    let names: Vec<_> = info.chapters.iter().map(|c| c.title.as_deref().unwrap()).collect();
    assert_eq!(names, ["One", "Two"]);
    assert!(close(info.chapters[1].start, 5.0));
}

#[tokio::test]
async fn quicktime() {
    let films = Films::new();
    let path = films.make("film.mov", &[H264, AAC]);
    let info = probe_file(&path).await.unwrap();
    assert_eq!(info.container, Container::Mov);
    assert_agrees(&info, &path);
}

#[tokio::test]
async fn quicktime_with_pcm() {
    let films = Films::new();
    let path = films.make("film.mov", &[H264, &["-c:a", "pcm_s16le"]]);
    let info = probe_file(&path).await.unwrap();
    assert_agrees(&info, &path);
}

#[tokio::test]
async fn av1_vp9_opus_flac_mp3() {
    let films = Films::new();
    let av1 = &["-c:v", "libsvtav1", "-preset", "12", "-g", "37", "-c:a", "libopus"];
    let vp9 = &["-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime", "-g", "37"];
    let rows: [(&str, &[&[&str]], &str, &str); 3] = [
        ("av1.mp4", &[av1], "av01.0.", "opus"),
        ("vp9.mp4", &[vp9, &["-c:a", "flac", "-strict", "-2"]], "vp09.00.", "flac"),
        ("mp3.mp4", &[H264, &["-c:a", "libmp3lame", "-ac", "2"]], "avc1.", "mp4a.6b"),
    ];
    for (name, arguments, video, audio) in rows {
        let path = films.make(name, arguments);
        let info = probe_file(&path).await.unwrap();
        assert_agrees(&info, &path);
        let strings = strings(&info);
        assert!(strings[0].unwrap().starts_with(video), "{name}: {strings:?}");
        assert_eq!(strings[1], Some(audio), "{name}");
    }
}
