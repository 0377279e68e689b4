//! What a .torrent means (BEP 3, 12, 19, 27, 47).

mod support;

use sha1::{Digest, Sha1};
use support::{d, file, folder, hashes, i, l, s, single};
use wire::{ByteRange, Info, InfoHash, Metainfo, MetainfoError};

#[test]
fn a_single_file_with_everything_around_it() {
    let info = d(&[
        ("length", i(100_001)),
        ("name", s("film.mp4")),
        ("piece length", i(40_000)),
        ("pieces", hashes(3)),
        ("private", i(1)),
    ]);
    let tiers =
        l(&[l(&[s("http://a/announce"), s("udp://b:1")]), l(&[]), l(&[s("http://c/announce")])]);
    let bytes = d(&[
        ("announce", s("http://ignored/announce")),
        ("announce-list", tiers),
        ("comment", s("hello")),
        ("created by", s("test")),
        ("creation date", i(1_700_000_000)),
        ("info", info.clone()),
        ("url-list", l(&[s("http://seed/"), s("")])),
    ]);
    let torrent = Metainfo::parse(&bytes).unwrap();
    assert_eq!(torrent.info_hash, InfoHash(Sha1::digest(&info).into()));
    assert_eq!(torrent.info_bytes, info);
    assert_eq!(
        torrent.trackers,
        [vec!["http://a/announce", "udp://b:1"], vec!["http://c/announce"]]
    );
    assert_eq!(torrent.url_list, ["http://seed/"]);
    assert_eq!(torrent.comment.as_deref(), Some("hello"));
    assert_eq!(torrent.created_by.as_deref(), Some("test"));
    assert_eq!(torrent.created_at, Some(1_700_000_000));
    assert!(torrent.info.private && !torrent.info.multi_file);
    assert_eq!(torrent.info.geometry.pieces(), 3);
    assert_eq!(torrent.info.piece_hashes, [[7; 20]; 3]);
    let only = &torrent.info.files[0];
    assert_eq!(only.path.to_str(), Some("film.mp4"));
    assert_eq!(only.range(), ByteRange::new(0, 100_001));
    assert_eq!(Info::parse(&info).unwrap(), torrent.info);
}

#[test]
fn announce_and_a_bare_web_seed() {
    let info = single(b"f", 1, 16384, 1);
    let bytes = d(&[("announce", s("http://t/a")), ("info", info), ("url-list", s("http://w/"))]);
    let torrent = Metainfo::parse(&bytes).unwrap();
    assert_eq!(torrent.trackers, [["http://t/a"]]);
    assert_eq!(torrent.url_list, ["http://w/"]);
    assert!(!torrent.info.private);
}

#[test]
fn folders_pad_files_symlinks_and_empty_files() {
    let pad = d(&[("attr", s("p")), ("length", i(3)), ("path", l(&[s(".pad"), s("3")]))]);
    let pathless_pad = d(&[("attr", s("p")), ("length", i(4))]);
    let link = d(&[
        ("attr", s("l")),
        ("length", i(99)),
        ("path", l(&[s("link")])),
        ("symlink path", l(&[s(".."), s("etc"), s("passwd")])),
    ]);
    let files = [
        file(5, &[b"a", b"b.mkv"]),
        pad,
        file(0, &[b"empty"]),
        link,
        pathless_pad,
        file(7, &[b"c"]),
    ];
    let info = Info::parse(&folder(b"show", &files)).unwrap();
    let table: Vec<_> = info
        .files
        .iter()
        .map(|f| (f.path.to_str().unwrap(), f.offset, f.length, f.pad, f.symlink))
        .collect();
    assert_eq!(
        table,
        [
            ("show/a/b.mkv", 0, 5, false, false),
            ("show/.pad/3", 5, 3, true, false),
            ("show/empty", 8, 0, false, false),
            ("show/link", 8, 0, false, true),
            ("show/.pad/4", 8, 4, true, false),
            ("show/c", 12, 7, false, false),
        ]
    );
    assert_eq!(info.geometry.total(), 19);
    assert!(info.multi_file);
    assert_eq!(info.files[0].original, "a/b.mkv");
    assert_eq!(info.listed().count(), 3);
}

#[test]
fn utf8_names_are_preferred_where_they_are_utf8() {
    let entry = |utf8: &[u8]| {
        d(&[("length", i(1)), ("path", l(&[s(b"\xe4.txt")])), ("path.utf-8", l(&[s(utf8)]))])
    };
    let info = d(&[
        ("files", l(&[entry("ä.txt".as_bytes())])),
        ("name", s(b"\xe4")),
        ("name.utf-8", s("ä")),
        ("piece length", i(16384)),
        ("pieces", hashes(1)),
    ]);
    assert_eq!(Info::parse(&info).unwrap().files[0].path.to_str(), Some("ä/ä.txt"));
    let bad = d(&[
        ("length", i(1)),
        ("name", s(b"plain")),
        ("name.utf-8", s(b"\xff")),
        ("piece length", i(16384)),
        ("pieces", hashes(1)),
    ]);
    assert_eq!(Info::parse(&bad).unwrap().name, "plain");
}

#[test]
fn odd_piece_lengths_are_fine() {
    for (length, piece_length, pieces) in [(1, 1, 1), (100, 7, 15), (100_000, 33_333, 4)] {
        let info = Info::parse(&single(b"f", length, piece_length, pieces)).unwrap();
        assert_eq!(info.geometry.piece_length(), piece_length as u32);
    }
}

#[test]
fn a_pure_v2_torrent_is_named_as_such() {
    let info = d(&[
        ("file tree", d(&[])),
        ("meta version", i(2)),
        ("name", s("x")),
        ("piece length", i(16384)),
    ]);
    assert_eq!(Info::parse(&info), Err(MetainfoError::OnlyV2));
}
