//! Matroska and WebM are told as ffprobe tells them.
#![allow(clippy::unwrap_used)]

mod probe_support;

use http_front::probe::{Container, TrackKind};
use probe_support::{
    AAC, Films, H264, INPUTS, SECONDS, assert_agrees, assert_tracks_agree, close, probe_file,
    strings,
};

#[tokio::test]
async fn hevc_and_eac3() {
    let films = Films::new();
    let video = &["-c:v", "libx265", "-preset", "ultrafast"];
    let quiet = &["-x265-params", "log-level=error:keyint=37:min-keyint=37"];
    let path = films.make("film.mkv", &[video, quiet, &["-c:a", "eac3", "-ac", "6"]]);
    let info = probe_file(&path).await.unwrap();
    assert_agrees(&info, &path);
    assert_eq!(info.container, Container::Matroska);
    let strings = strings(&info);
    assert!(strings[0].unwrap().starts_with("hvc1.1.6.L"), "{strings:?}");
    assert_eq!(strings[1], Some("ec-3"));
}

#[tokio::test]
async fn vp9_and_opus_in_webm() {
    let films = Films::new();
    let video = &["-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime", "-g", "37"];
    let path = films.make("film.webm", &[video, &["-c:a", "libopus"]]);
    let info = probe_file(&path).await.unwrap();
    assert_agrees(&info, &path);
    assert_eq!(info.container, Container::WebM);
    assert!(strings(&info)[0].unwrap().starts_with("vp"));
    assert_eq!(strings(&info)[1], Some("opus"));
}

#[tokio::test]
async fn av1() {
    let films = Films::new();
    let video = &["-c:v", "libsvtav1", "-preset", "12", "-g", "37", "-c:a", "libvorbis"];
    let path = films.make("film.mkv", &[video]);
    let info = probe_file(&path).await.unwrap();
    assert_agrees(&info, &path);
    let strings = strings(&info);
    assert!(strings[0].unwrap().starts_with("av01.0."), "{strings:?}");
    assert_eq!(strings[1], Some("vorbis"));
}

#[tokio::test]
async fn tracks_chapters_and_an_attachment_that_is_never_read() {
    let films = Films::new();
    let srt = films.text("s.srt", "1\n00:00:01,000 --> 00:00:02,000\nhello\n");
    let marks = ";FFMETADATA1\ntitle=A film\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=5000\n\
                 title=One\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=5000\nEND=12000\ntitle=Two\n";
    let chapters = films.text("c.txt", marks);
    let font = films.path("font.ttf");
    std::fs::write(&font, vec![7; 3_000_000]).unwrap();
    let arguments = [
        "-i",
        &srt,
        "-i",
        &chapters,
        "-map_chapters",
        "3",
        "-map_metadata",
        "3",
        "-map",
        "0:v",
        "-map",
        "1:a",
        "-map",
        "1:a",
        "-map",
        "2:s",
        "-map",
        "2:s",
        "-c:a",
        "ac3",
        "-c:s:0",
        "srt",
        "-c:s:1",
        "ass",
        "-metadata:s:a:0",
        "language=eng",
        "-metadata:s:a:1",
        "language=fra",
        "-metadata:s:a:1",
        "title=Commentaire",
        "-metadata:s:s:0",
        "language=deu",
        "-disposition:s:1",
        "forced",
        "-disposition:a:0",
        "default",
        "-disposition:a:1",
        "0",
        "-attach",
        font.to_str().unwrap(),
        "-metadata:s:t",
        "mimetype=font/ttf",
    ];
    let path = films.make("film.mkv", &[&arguments, H264]);
    let info = probe_file(&path).await.unwrap();
    assert_agrees(&info, &path);
    assert_eq!(info.title.as_deref(), Some("A film"));
    assert_eq!(info.tracks.iter().filter(|t| t.kind == TrackKind::Audio).count(), 2);
    assert_eq!(info.tracks[2].title.as_deref(), Some("Commentaire"));
    assert!(info.tracks[4].forced);
    let names: Vec<_> = info.chapters.iter().map(|c| c.title.as_deref().unwrap()).collect();
    assert_eq!(names, ["One", "Two"]);
    assert!(close(info.chapters[1].start, 5.0));
    assert!(close(info.chapters[1].end.unwrap(), SECONDS));
    assert!(probe_support::fetched(&info) < 200_000, "{:?}", info.fetched);
}

#[tokio::test]
async fn without_cues() {
    let films = Films::new();
    let path = films.pipe("film.mkv", &[INPUTS, H264, AAC, &["-f", "matroska"]]);
    let info = probe_file(&path).await.unwrap();
    assert_tracks_agree(&info, &path);
    assert!(info.keyframes.is_none());
    assert_eq!(info.duration, None);
}

#[tokio::test]
async fn cues_in_front() {
    let films = Films::new();
    let path = films.make("film.mkv", &[H264, AAC, &["-cues_to_front", "1"]]);
    let info = probe_file(&path).await.unwrap();
    assert_agrees(&info, &path);
}

#[tokio::test]
async fn cues_point_at_clusters() {
    let films = Films::new();
    let path = films.make("film.mkv", &[H264, AAC]);
    let info = probe_file(&path).await.unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for keyframe in &info.keyframes.unwrap().entries {
        let at = usize::try_from(keyframe.offset).unwrap();
        assert_eq!(bytes[at..at + 4], [0x1F, 0x43, 0xB6, 0x75]);
    }
}
