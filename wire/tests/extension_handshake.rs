//! The extended handshake (BEP 10, 21), and HOSTILE 29, 30.

#![allow(clippy::unwrap_used, dead_code)]

mod support;

use support::{d, i, s};
use wire::extension::{MAX_CLIENT_CHARS, MAX_HANDSHAKE, MAX_METADATA, MAX_REQQ};
use wire::{ExtensionHandshake, WireError};

fn parse(pairs: &[(&str, Vec<u8>)]) -> ExtensionHandshake {
    ExtensionHandshake::parse(&d(pairs)).unwrap()
}

/// What libtorrent sends, unknown keys and all.
#[test]
fn a_full_handshake_is_read() {
    let handshake = parse(&[
        ("complete_ago", i(1)),
        ("m", d(&[("lt_donthave", i(7)), ("ut_metadata", i(2)), ("ut_pex", i(1)), ("x", i(9))])),
        ("metadata_size", i(31235)),
        ("p", i(6881)),
        ("reqq", i(500)),
        ("upload_only", i(1)),
        ("v", s("libtorrent/2.0")),
        ("yourip", s([10, 0, 0, 1])),
    ]);
    let expected = ExtensionHandshake {
        ut_metadata: Some(2),
        ut_pex: Some(1),
        lt_donthave: Some(7),
        metadata_size: Some(31235),
        port: Some(6881),
        client: Some("libtorrent/2.0".into()),
        reqq: Some(500),
        your_ip: Some([10, 0, 0, 1].into()),
        upload_only: true,
    };
    assert_eq!(handshake, expected);
}

#[test]
fn what_is_written_is_read_back() {
    let full = ExtensionHandshake {
        metadata_size: Some(1),
        port: Some(1),
        your_ip: Some([1u16, 2, 3, 4, 5, 6, 7, 8].into()),
        upload_only: true,
        ..ExtensionHandshake::ours()
    };
    for handshake in [ExtensionHandshake::default(), ExtensionHandshake::ours(), full] {
        assert_eq!(ExtensionHandshake::parse(&handshake.encode()), Ok(handshake));
    }
    assert_eq!(&ExtensionHandshake::default().encode()[..], b"d1:mdee");
}

#[test]
fn keys_in_any_order_and_bytes_behind_are_borne() {
    let bytes = [d(&[("v", s("x")), ("m", d(&[("ut_pex", i(3))]))]), b"junk".to_vec()].concat();
    let handshake = ExtensionHandshake::parse(&bytes).unwrap();
    assert_eq!((handshake.ut_pex, handshake.client.as_deref()), (Some(3), Some("x")));
}

#[test]
fn a_later_handshake_changes_only_what_it_names() {
    let mut handshake = parse(&[
        ("m", d(&[("ut_metadata", i(2)), ("ut_pex", i(1))])),
        ("p", i(1000)),
        ("upload_only", i(1)),
    ]);
    let later = d(&[("m", d(&[("ut_pex", i(0))])), ("metadata_size", i(5))]);
    handshake.update(&later).unwrap();
    assert_eq!((handshake.ut_metadata, handshake.ut_pex), (Some(2), None));
    assert_eq!((handshake.metadata_size, handshake.port), (Some(5), Some(1000)));
    assert!(handshake.upload_only);
}

#[test]
fn row_29_a_handshake_beyond_64_kib_is_refused() {
    let padded = |length: usize| d(&[("v", s(vec![b'a'; length]))]);
    let longest = padded(MAX_HANDSHAKE - 11);
    assert_eq!(longest.len(), MAX_HANDSHAKE);
    assert!(ExtensionHandshake::parse(&longest).is_ok());
    let longer = ExtensionHandshake::parse(&padded(MAX_HANDSHAKE - 10));
    assert!(matches!(longer, Err(WireError::Extended(_))));
}

#[test]
fn row_29_ids_outside_of_a_byte_are_not_spoken() {
    for id in [0, -1, 256, i64::MAX, i64::MIN] {
        let ids = d(&[("lt_donthave", i(id)), ("ut_metadata", i(id)), ("ut_pex", i(255))]);
        let handshake = parse(&[("m", ids)]);
        assert_eq!((handshake.lt_donthave, handshake.ut_metadata), (None, None), "{id}");
        assert_eq!(handshake.ut_pex, Some(255));
    }
}

#[test]
fn row_29_reqq_is_clamped() {
    for (said, taken) in [(-1i64, 1), (0, 1), (1, 1), (250, 250), (1 << 31, MAX_REQQ)] {
        assert_eq!(parse(&[("reqq", i(said))]).reqq, Some(taken), "{said}");
    }
    assert_eq!(parse(&[("reqq", s("many"))]).reqq, None);
}

#[test]
fn row_30_impossible_metadata_sizes_are_none() {
    for size in [0, -1, 1 << 31, i64::from(MAX_METADATA) + 1] {
        assert_eq!(parse(&[("metadata_size", i(size))]).metadata_size, None, "{size}");
    }
    let most = parse(&[("metadata_size", i(MAX_METADATA))]);
    assert_eq!(most.metadata_size, Some(MAX_METADATA));
}

#[test]
fn a_name_is_fit_for_display() {
    let client = |name: &[u8]| parse(&[("v", s(name))]).client;
    let unseen = "Mill\u{202e}race\r\n\0\u{2066}";
    assert_eq!(client(unseen.as_bytes()).as_deref(), Some("Millrace"));
    assert_eq!(client(b"\0\x1b"), None);
    assert_eq!(client(&[0xff]).as_deref(), Some("\u{fffd}"));
    let long = client("ä".repeat(3000).as_bytes()).unwrap();
    assert_eq!(long, "ä".repeat(MAX_CLIENT_CHARS));
}

#[test]
fn fields_of_the_wrong_kind_are_as_if_absent() {
    let handshake = parse(&[
        ("m", s("x")),
        ("metadata_size", s("x")),
        ("p", i(0)),
        ("v", i(1)),
        ("yourip", s([1, 2, 3])),
    ]);
    assert_eq!(handshake, ExtensionHandshake::default());
    assert_eq!(parse(&[("p", i(65536))]).port, None);
}

#[test]
fn what_is_no_dictionary_is_refused() {
    for bytes in [&b""[..], b"le", b"d", b"i1e", b"d1:mi99999999999999999999ee"] {
        assert!(ExtensionHandshake::parse(bytes).is_err(), "{bytes:?}");
    }
}
