//! A torrent from the metadata peers sent (BEP 9).

#![allow(clippy::unwrap_used, dead_code)]

mod support;

use bytes::Bytes;
use support::single;
use wire::{Metainfo, MetainfoError};

#[test]
fn it_is_the_torrent_the_metadata_came_from() {
    let info = Bytes::from(single(b"film", 20_000, 16384, 2));
    let trackers = vec![vec!["http://t/".to_owned()]];
    let seeds = vec!["http://w/".to_owned()];
    let torrent = Metainfo::from_info(info.clone(), trackers.clone(), seeds).unwrap();
    assert_eq!(torrent.info_bytes, info);
    assert_eq!(torrent.info.name, "film");
    assert_eq!(Metainfo::parse(&torrent.to_torrent_file(&trackers)), Ok(torrent));
}

#[test]
fn bytes_behind_the_dictionary_are_refused() {
    let info = [single(b"film", 20_000, 16384, 2), b"e".to_vec()].concat();
    let torrent = Metainfo::from_info(info.into(), Vec::new(), Vec::new());
    assert!(matches!(torrent, Err(MetainfoError::Bencode(_))));
}

#[test]
fn what_is_no_info_dictionary_is_refused() {
    for junk in [&b""[..], b"le", b"de", b"d6:lengthi1ee"] {
        let torrent = Metainfo::from_info(Bytes::from_static(junk), Vec::new(), Vec::new());
        assert!(torrent.is_err(), "{junk:?}");
    }
}
