//! Making .torrent files and writing them again.

use wire::metainfo::choose_piece_length;
use wire::{Metainfo, MetainfoBuilder, MetainfoError};

fn builder() -> MetainfoBuilder {
    MetainfoBuilder {
        name: "show".into(),
        files: vec![
            (vec!["s1".into(), "e1.mkv".into()], 30_000),
            (vec!["empty".into()], 0),
            (vec!["e2.mkv".into()], 10_000),
        ],
        piece_length: 16384,
        piece_hashes: vec![[1; 20], [2; 20], [3; 20]],
        trackers: vec![vec!["http://a/".into(), "http://b/".into()], vec!["http://c/".into()]],
        web_seeds: vec!["http://w/".into()],
        private: true,
        comment: Some("c".into()),
        created_by: Some("Millrace".into()),
        created_at: Some(12),
    }
}

#[test]
fn what_is_built_is_read_back() {
    let builder = builder();
    let torrent = builder.build().unwrap();
    assert_eq!(torrent.trackers, builder.trackers);
    assert_eq!(torrent.url_list, builder.web_seeds);
    assert_eq!(torrent.info.piece_hashes, builder.piece_hashes);
    assert!(torrent.info.private && torrent.info.multi_file);
    assert_eq!(torrent.info.files[2].path.to_str(), Some("show/e2.mkv"));
    assert_eq!(torrent.info.files[2].offset, 30_000);
    assert_eq!(torrent.created_at, Some(12));
}

#[test]
fn the_bytes_are_canonical() {
    let bytes = builder().encode().unwrap();
    let strict = bendy::decoding::Decoder::new(&bytes).tokens();
    assert!(strict.into_iter().all(|token| token.is_ok()));
    let single = MetainfoBuilder {
        name: "f".into(),
        files: vec![(vec![], 5)],
        piece_length: 16384,
        piece_hashes: vec![*b"01234567890123456789"],
        ..Default::default()
    };
    assert_eq!(
        String::from_utf8(single.encode().unwrap()).unwrap(),
        "d4:infod6:lengthi5e4:name1:f12:piece lengthi16384e6:pieces20:01234567890123456789ee"
    );
    assert!(!single.build().unwrap().info.multi_file);
}

#[test]
fn parts_that_make_no_torrent_are_refused() {
    let wrong = MetainfoBuilder { piece_hashes: vec![], ..builder() };
    assert_eq!(wrong.build(), Err(MetainfoError::Hashes { found: 0, expected: 3 }));
}

#[test]
fn writing_again_keeps_info_and_replaces_trackers() {
    let odd = b"d4:infod6:pieces20:012345678901234567894:name1:f6:lengthi5e12:piece lengthi9eee";
    let torrent = Metainfo::parse(odd).unwrap();
    let trackers = [vec!["http://x/".to_owned()]];
    let again = Metainfo::parse(&torrent.to_torrent_file(&trackers)).unwrap();
    assert_eq!(again.trackers, trackers);
    assert_eq!(again, Metainfo { trackers: trackers.to_vec(), ..torrent });
}

#[test]
fn piece_lengths_are_those_of_other_clients() {
    const MIB: u64 = 1 << 20;
    for (total, expected) in [
        (1, 16 << 10),
        (30 * MIB, 16 << 10),
        (700 * MIB, 512 << 10),
        (8 << 30, 8 << 20),
        (1 << 40, 16 << 20),
    ] {
        assert_eq!(choose_piece_length(total), expected, "{total}");
    }
}
