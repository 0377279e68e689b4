//! HOSTILE 4–13: .torrent files that lie.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::HashSet;
use std::path::Component;

use proptest::prelude::*;
use sha1::{Digest, Sha1};
use support::{d, file, folder, hashes, i, l, s, single};
use wire::bencode::BencodeError;
use wire::metainfo::MAX_FILES;
use wire::safe_name::{MAX_BYTES, safe_name};
use wire::{Info, Metainfo, MetainfoError};

fn paths(files: &[Vec<u8>]) -> Vec<String> {
    let info = Info::parse(&folder(b"t", files)).unwrap();
    info.files.iter().map(|f| f.path.to_str().unwrap().to_owned()).collect()
}

#[test]
fn row_4_the_hash_covers_the_raw_info_also_unsorted() {
    let info = d(&[
        ("pieces", hashes(1)),
        ("zzz", l(&[i(1)])),
        ("name", s("n")),
        ("piece length", i(16384)),
        ("length", i(5)),
    ]);
    let mut bytes = d(&[("info", info.clone()), ("announce", s("http://t/"))]);
    bytes.extend(b"\r\ntrailing");
    let torrent = Metainfo::parse(&bytes).unwrap();
    assert_eq!(torrent.info_hash.0, <[u8; 20]>::from(Sha1::digest(&info)));
    assert_eq!(torrent.info_bytes, info);
}

#[test]
fn row_4_repeated_info_keys_are_refused() {
    let info = single(b"a", 5, 16384, 1);
    let twice = d(&[("info", info.clone()), ("info", info)]);
    assert_eq!(Metainfo::parse(&twice), Err(MetainfoError::Duplicate));
    let inside = d(&[
        ("length", i(5)),
        ("length", i(6)),
        ("name", s("n")),
        ("piece length", i(16384)),
        ("pieces", hashes(1)),
    ]);
    assert_eq!(Info::parse(&inside), Err(MetainfoError::Duplicate));
    let entry = d(&[("length", i(5)), ("length", i(6)), ("path", l(&[s("x")]))]);
    assert_eq!(Info::parse(&folder(b"t", &[entry])), Err(MetainfoError::Duplicate));
}

#[test]
fn row_6_paths_stay_below_the_folder() {
    let hostile: [&[&[u8]]; 8] = [
        &[b"..", b"..", b"etc", b"passwd"],
        &[b"/etc/passwd"],
        &[b"..\\..\\x"],
        &[b"a\0b"],
        &[b"C:\\x"],
        &[b"", b"x", b""],
        &[b"."],
        &[b"a/../../b"],
    ];
    let files: Vec<_> = hostile.iter().map(|path| file(1, path)).collect();
    assert_eq!(
        paths(&files),
        [
            "t/__/__/etc/passwd",
            "t/_etc_passwd",
            "t/.._.._x",
            "t/a_b",
            "t/C__x",
            "t/x",
            "t/_",
            "t/a_.._.._b",
        ]
    );
    for name in [&b".."[..], b"/", b"", b"a/b", b"\\\\host\\share"] {
        let info = Info::parse(&folder(name, &[file(1, &[b"f"])])).unwrap();
        let mut components = info.files[0].path.components();
        assert!(matches!(components.next(), Some(Component::Normal(_))), "{name:?}");
        assert_eq!(components.count(), 1);
    }
}

#[test]
fn row_6_a_file_without_a_path_is_refused() {
    let missing = Err(MetainfoError::Missing("path"));
    assert_eq!(Info::parse(&folder(b"t", &[file(1, &[])])), missing);
    assert_eq!(Info::parse(&folder(b"t", &[file(1, &[b""])])), missing);
}

#[test]
fn row_7_names_no_system_takes_are_renamed() {
    for (name, safe) in [
        (&b"CON"[..], "_CON"),
        (b"nul.txt", "_nul.txt"),
        (b"Com1.tar.gz", "_Com1.tar.gz"),
        ("lpt².x".as_bytes(), "_lpt².x"),
        (b"aux .txt", "_aux .txt"),
        (b"console", "console"),
        (b"com10", "com10"),
        (b"name. .", "name___"),
        (b"film\xff.mp4", "film\u{fffd}.mp4"),
        ("gpj.\u{202e}exe".as_bytes(), "gpj._exe"),
        (b"a\x1b[2Jb\x7f", "a_[2Jb_"),
        ("Ärger – 日本.mkv".as_bytes(), "Ärger – 日本.mkv"),
    ] {
        assert_eq!(safe_name(name), safe);
    }
    let long = safe_name(&[b"x".repeat(300), b".mkv".to_vec()].concat());
    assert_eq!(long.len(), MAX_BYTES);
    assert!(long.ends_with("x.mkv"));
    assert_eq!(safe_name("ß".repeat(200).as_bytes()).len(), 254);
}

#[test]
fn row_8_symlinks_take_no_bytes_and_are_not_listed() {
    let link = d(&[
        ("attr", s("lx")),
        ("path", l(&[s("f")])),
        ("symlink path", l(&[s(".."), s(".."), s("etc")])),
    ]);
    let info = Info::parse(&folder(b"t", &[link, file(3, &[b"f"])])).unwrap();
    assert!(info.files[0].symlink && info.files[0].length == 0);
    assert_eq!(info.files[1].path.to_str(), Some("t/f (1)"));
    assert_eq!(info.listed().count(), 1);
}

#[test]
fn row_9_piece_lengths_out_of_bounds_are_refused() {
    for length in [0, -1, i64::MIN, (64 << 20) + 1, 1 << 32, i64::MAX] {
        let parsed = Info::parse(&single(b"f", 5, length, 1));
        assert_eq!(parsed, Err(MetainfoError::PieceLength(length)));
    }
    assert!(Info::parse(&single(b"f", 5, 64 << 20, 1)).is_ok());
}

#[test]
fn row_10_hashes_must_match_the_lengths() {
    for pieces in [0, 1, 3] {
        assert_eq!(
            Info::parse(&single(b"f", 20_000, 16384, pieces)),
            Err(MetainfoError::Hashes { found: pieces, expected: 2 })
        );
    }
    let cut = d(&[
        ("length", i(5)),
        ("name", s("n")),
        ("piece length", i(16384)),
        ("pieces", s([0; 39])),
    ]);
    assert_eq!(Info::parse(&cut), Err(MetainfoError::Hashes { found: 1, expected: 1 }));
}

#[test]
fn row_11_totals_are_checked() {
    for lengths in [vec![-1], vec![5, -5], vec![i64::MAX; 3]] {
        let files: Vec<_> =
            lengths.iter().enumerate().map(|(n, len)| file(*len, &[&[b'a' + n as u8]])).collect();
        assert_eq!(Info::parse(&folder(b"t", &files)), Err(MetainfoError::Length), "{lengths:?}");
    }
    let beyond = single(b"f", i64::MAX, 1, 1);
    assert_eq!(Info::parse(&beyond), Err(MetainfoError::PieceLength(1)));
    let not_64_bits = d(&[("length", i("18446744073709551616")), ("name", s("n"))]);
    let error = MetainfoError::Bencode(BencodeError::Integer);
    assert_eq!(Info::parse(&not_64_bits), Err(error));
}

#[test]
fn row_12_nothing_to_download_is_refused() {
    for info in [
        single(b"f", 0, 16384, 0),
        folder(b"t", &[]),
        folder(b"t", &[file(0, &[b"a"]), file(0, &[b"b"])]),
    ] {
        assert_eq!(Info::parse(&info), Err(MetainfoError::Empty));
    }
}

#[test]
fn row_12_paths_are_unique_also_when_case_is_folded() {
    let files: Vec<_> = [&[&b"a.txt"[..]][..], &[b"A.TXT"], &[b"a.txt"], &[b"a (1).txt"]]
        .iter()
        .map(|path| file(1, path))
        .collect();
    assert_eq!(paths(&files), ["t/a.txt", "t/A (1).TXT", "t/a (2).txt", "t/a (1) (1).txt"]);
    let file_and_folder = [file(1, &[b"X"]), file(1, &[b"x", b"y"]), file(1, &[b"x"])];
    assert_eq!(paths(&file_and_folder), ["t/X (1)", "t/x/y", "t/x (2)"]);
    let long = vec![b'n'; 255];
    let twice = paths(&[file(1, &[&long]), file(1, &[&long])]);
    assert!(twice[0] != twice[1] && twice[1].len() == 2 + MAX_BYTES);
}

#[test]
fn row_13_files_are_counted_before_anything_is_made_of_them() {
    let one = file(0, &[b"a"]);
    let many = vec![one.clone(); MAX_FILES + 1];
    assert_eq!(Info::parse(&folder(b"t", &many)), Err(MetainfoError::TooManyFiles));
    let most = [vec![one; MAX_FILES - 1], vec![file(1, &[b"b"])]].concat();
    assert_eq!(Info::parse(&folder(b"t", &most)).unwrap().files.len(), MAX_FILES);
    let claims = single(b"f", 1 << 40, 64 << 20, 1 << 14);
    assert_eq!(Info::parse(&claims).unwrap().geometry.total(), 1 << 40);
}

#[test]
fn row_13_paths_have_bounds() {
    let deep = vec![&b"d"[..]; 65];
    assert_eq!(Info::parse(&folder(b"t", &[file(1, &deep)])), Err(MetainfoError::PathTooLong));
    let wide = vec![&[b'd'; 255][..]; 9];
    assert_eq!(Info::parse(&folder(b"t", &[file(1, &wide)])), Err(MetainfoError::PathTooLong));
}

proptest! {
    #[test]
    fn row_7_any_name_becomes_one_safe_element_and_stays_it(
        name in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..400),
            "(?i)(con|nul|com[0-9]|[. ]{0,3})[. ]{0,3}[a-z]{0,3}".prop_map(String::into_bytes),
            "\\PC{0,300}[. ]{0,3}".prop_map(String::into_bytes),
        ]
    ) {
        let safe = safe_name(&name);
        prop_assert!(!safe.is_empty() && safe.len() <= MAX_BYTES);
        prop_assert!(!safe.contains(['/', '\\', ':', '\0']) && !safe.ends_with(['.', ' ']));
        prop_assert!(!safe.chars().any(char::is_control));
        prop_assert_eq!(safe_name(safe.as_bytes()), safe);
    }

    #[test]
    fn row_12_any_paths_become_different_ones(
        names in prop::collection::vec(prop::collection::vec("[aA.]{0,2}( \\([12]\\))?", 1..4), 1..20)
    ) {
        let files: Vec<_> = names
            .iter()
            .map(|path| path.iter().map(|e| e.as_bytes()).collect::<Vec<_>>())
            .filter(|path| path.iter().any(|e| !e.is_empty()))
            .map(|path| file(1, &path))
            .collect();
        prop_assume!(!files.is_empty());
        let paths: Vec<_> = paths(&files).iter().map(|path| path.to_lowercase()).collect();
        let unique: HashSet<_> = paths.iter().collect();
        prop_assert_eq!(unique.len(), paths.len());
        for path in &paths {
            let inside = paths.iter().any(|other| other.starts_with(&format!("{path}/")));
            prop_assert!(!inside, "{} is a file and a folder", path);
        }
    }
}
