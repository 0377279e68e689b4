//! `ut_metadata` messages (BEP 9).

#![allow(clippy::unwrap_used, dead_code)]

mod support;

use bytes::Bytes;
use support::{d, i};
use wire::extension::METADATA_PIECE_LEN;
use wire::{MetadataMessage, WireError};

/// The examples of BEP 9.
#[test]
fn messages_are_written_as_bep_9_has_them() {
    let data = MetadataMessage::Data { piece: 0, total_size: 34256, data: "xyz".into() };
    for (message, bytes) in [
        (MetadataMessage::Request(0), "d8:msg_typei0e5:piecei0ee"),
        (data, "d8:msg_typei1e5:piecei0e10:total_sizei34256eexyz"),
        (MetadataMessage::Reject(0), "d8:msg_typei2e5:piecei0ee"),
    ] {
        assert_eq!(message.encode(), bytes);
        assert_eq!(MetadataMessage::parse(&Bytes::from(bytes)), Ok(message));
    }
}

#[test]
fn data_is_not_copied() {
    let payload = MetadataMessage::Data { piece: 3, total_size: 9, data: "abc".into() }.encode();
    let Ok(MetadataMessage::Data { data, .. }) = MetadataMessage::parse(&payload) else {
        panic!("no data");
    };
    assert!(payload.as_ptr_range().contains(&data.as_ptr()));
}

#[test]
fn data_beyond_a_piece_is_refused() {
    let with = |length| MetadataMessage::Data {
        piece: 0,
        total_size: 1 << 20,
        data: vec![b'e'; length].into(),
    };
    let most = with(METADATA_PIECE_LEN as usize);
    assert_eq!(MetadataMessage::parse(&most.encode()), Ok(most));
    let more = MetadataMessage::parse(&with(METADATA_PIECE_LEN as usize + 1).encode());
    assert!(matches!(more, Err(WireError::Extended(_))));
}

#[test]
fn unknown_types_and_impossible_numbers_are_refused() {
    for (message_type, piece) in [(3, 0), (-1, 0), (0, -1), (0, 1 << 32), (2, i64::MIN)] {
        let payload = d(&[("msg_type", i(message_type)), ("piece", i(piece))]);
        assert!(MetadataMessage::parse(&payload.into()).is_err(), "{message_type} {piece}");
    }
    for total in [-1i64, 1 << 32] {
        let payload = d(&[("msg_type", i(1)), ("piece", i(0)), ("total_size", i(total))]);
        assert!(MetadataMessage::parse(&payload.into()).is_err(), "{total}");
    }
    for junk in [&b""[..], b"de", b"d8:msg_typei1e5:piecei0ee", b"i0e"] {
        assert!(MetadataMessage::parse(&Bytes::from_static(junk)).is_err(), "{junk:?}");
    }
}
