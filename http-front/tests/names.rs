//! HOSTILE 47: names in headers and playlists; and what a name says of a file.

use http_front::media::disposition::attachment;
use http_front::media::natural::compare;
use http_front::media::playlist::{Entry, m3u};
use http_front::media::types::{Kind, by_name, default_file, kind};
use proptest::prelude::*;

#[test]
fn hostile_47_a_disposition_has_one_line_and_two_quotes() {
    let nasty = "a\r\nSet-Cookie: x=1\"; b=\\<script>\u{202e}é%.mkv";
    let header = attachment(nasty);
    assert!(header.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{header}");
    assert_eq!(header.matches('"').count(), 2, "{header}");
    assert!(header.ends_with("%C3%A9%25.mkv"), "{header}");
}

#[test]
fn hostile_47_a_title_adds_no_line_to_a_playlist() {
    let entry = |title: &str| Entry { title: title.into(), url: "http://h/x".into() };
    let text = m3u(vec![entry("b\nhttp://evil.example/\r"), entry("a 10"), entry("a 9")]);
    let expected = "#EXTM3U\n#EXTINF:-1,a 9\nhttp://h/x\n#EXTINF:-1,a 10\nhttp://h/x\n\
        #EXTINF:-1,b http://evil.example/ \nhttp://h/x\n";
    assert_eq!(text, expected);
}

#[test]
fn the_largest_playable_is_the_default() {
    let of = |files: &[(&'static str, u64)]| default_file(files.iter().copied());
    assert_eq!(of(&[("a.txt", 9), ("b.MKV", 5), ("c.mp4", 7), ("d.mp4", 7)]), Some(2));
    assert_eq!(of(&[("a.txt", 9), ("b.iso", 10)]), Some(1));
    assert_eq!(of(&[]), None);
}

#[test]
fn types_by_name() {
    assert_eq!((by_name("x/y.Mkv"), kind("x.mkv")), (Some("video/x-matroska"), Kind::Video));
    assert_eq!((by_name("noext"), kind("mp4")), (None, Kind::Other));
}

proptest! {
    #[test]
    fn natural_order_is_an_order(a in "[aA0-9é ]{0,8}", b in "[aA0-9é ]{0,8}", c in "[aA0-9 ]{0,8}") {
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        prop_assert_eq!(compare(&a, &b).is_eq(), a == b);
        if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
            prop_assert!(compare(&a, &c).is_le());
        }
    }
}
