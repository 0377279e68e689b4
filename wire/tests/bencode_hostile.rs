//! HOSTILE 1–5: bencode that claims too much.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use wire::bencode::{BencodeError, Limits, Value, read, read_prefix, read_tolerant};

fn refused(bytes: &[u8]) -> BencodeError {
    let strict = read(bytes, Limits::METAINFO).unwrap_err();
    assert_eq!(read_tolerant(bytes, Limits::METAINFO), Err(strict));
    strict
}

#[test]
fn row_1_depth_is_capped() {
    for depth in [33, 100, 1_000_000] {
        let mut bytes = vec![b'l'; depth];
        assert_eq!(refused(&bytes), BencodeError::Depth);
        bytes.resize(depth * 2, b'e');
        assert_eq!(refused(&bytes), BencodeError::Depth);
    }
    let fits = [[b'l'; 32], [b'e'; 32]].concat();
    assert!(read(&fits, Limits::METAINFO).is_ok());
}

#[test]
fn row_2_integers_are_canonical_and_fit() {
    for text in [
        "i18446744073709551616e",
        "i9223372036854775808e",
        "i-0e",
        "i03e",
        "i-03e",
        "ie",
        "i-e",
        "i+1e",
        "i 1e",
        "i1",
        "i1x",
    ] {
        assert_eq!(refused(text.as_bytes()), BencodeError::Integer, "{text}");
    }
    for (text, int) in [("i-9223372036854775808e", i64::MIN), ("i0e", 0)] {
        assert_eq!(read(text.as_bytes(), Limits::MESSAGE), Ok(Value::Int(int)));
        assert_eq!(read_tolerant(text.as_bytes(), Limits::MESSAGE), Ok(Value::Int(int)));
    }
}

#[test]
fn row_3_lengths_stay_inside_the_input() {
    for text in ["5:four", "18446744073709551615:x", "99999999999999999999:x", "01:x", "4", "1x:a"]
    {
        assert_eq!(refused(text.as_bytes()), BencodeError::Length, "{text}");
    }
}

#[test]
fn row_4_unsorted_keys_and_trailing_bytes_are_read() {
    let unsorted = b"d1:bi1e1:ai2eejunk";
    for value in [read(unsorted, Limits::MESSAGE), read_tolerant(unsorted, Limits::MESSAGE)] {
        let value = value.unwrap();
        assert_eq!(value.get("a").and_then(Value::int), Some(2));
        assert_eq!(value.dict().unwrap().raw(), &unsorted[..14]);
        assert!(!value.dict().unwrap().has_duplicates());
    }
    let (_, used) = read_prefix(unsorted, Limits::MESSAGE).unwrap();
    assert_eq!(&unsorted[used..], b"junk");
    let twice = read(b"d1:ai1e1:bi2e1:ai3ee", Limits::MESSAGE).unwrap();
    assert!(twice.dict().unwrap().has_duplicates());
    assert_eq!(twice.get("a").and_then(Value::int), Some(1));
}

#[test]
fn row_5_tokens_are_capped() {
    assert_eq!(refused(&vec![b'l'; 10_000_000]), BencodeError::Depth);
    let mut flat = vec![b'l'];
    flat.extend(b"le".repeat(5_000_000));
    assert_eq!(refused(&flat), BencodeError::Tokens);
}

#[test]
fn broken_structure_is_refused() {
    assert_eq!(refused(b"e"), BencodeError::UnexpectedByte);
    assert_eq!(refused(b"x"), BencodeError::UnexpectedByte);
    assert_eq!(refused(b""), BencodeError::UnexpectedEnd);
    assert_eq!(refused(b"l"), BencodeError::UnexpectedEnd);
    assert_eq!(refused(b"d1:ae"), BencodeError::Dictionary);
    assert_eq!(refused(b"di1ei2ee"), BencodeError::Dictionary);
    assert_eq!(refused(b"dlei2ee"), BencodeError::Dictionary);
}

fn bencode() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|n| format!("i{n}e").into_bytes()),
        prop::collection::vec(any::<u8>(), 0..120).prop_map(|s| string(&s)),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|v| wrap(b'l', &v.concat())),
            prop::collection::btree_map("[a-z]{0,12}", inner, 0..6).prop_map(|map| {
                let pairs = map.into_iter().flat_map(|(k, v)| [string(k.as_bytes()), v]);
                wrap(b'd', &pairs.collect::<Vec<_>>().concat())
            }),
        ]
    })
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [format!("{}:", bytes.len()).as_bytes(), bytes].concat()
}

fn wrap(open: u8, inside: &[u8]) -> Vec<u8> {
    [&[open], inside, b"e"].concat()
}

proptest! {
    #[test]
    fn both_readings_agree_on_canonical_input(bytes in bencode()) {
        let strict = read(&bytes, Limits::METAINFO).unwrap();
        let (tolerant, used) = read_prefix(&bytes, Limits::METAINFO).unwrap();
        prop_assert_eq!(used, bytes.len());
        prop_assert_eq!(strict, tolerant);
    }
}
