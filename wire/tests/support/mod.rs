//! Hand-made bencode for the tests: what no encoder would write.

#![allow(dead_code)]

pub(crate) fn s(text: impl AsRef<[u8]>) -> Vec<u8> {
    let text = text.as_ref();
    [format!("{}:", text.len()).as_bytes(), text].concat()
}

pub(crate) fn i(int: impl std::fmt::Display) -> Vec<u8> {
    format!("i{int}e").into_bytes()
}

pub(crate) fn l(items: &[Vec<u8>]) -> Vec<u8> {
    [b"l".to_vec(), items.concat(), b"e".to_vec()].concat()
}

/// A dictionary with its keys in the order given.
pub(crate) fn d(pairs: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let pairs: Vec<u8> = pairs.iter().flat_map(|(k, v)| [s(k), v.clone()].concat()).collect();
    [b"d".to_vec(), pairs, b"e".to_vec()].concat()
}

/// The hashes of `n` pieces.
pub(crate) fn hashes(n: usize) -> Vec<u8> {
    s(vec![7; 20 * n])
}

/// A file's dictionary.
pub(crate) fn file(length: i64, path: &[&[u8]]) -> Vec<u8> {
    let path: Vec<_> = path.iter().map(s).collect();
    d(&[("length", i(length)), ("path", l(&path))])
}

/// `info` of a folder `name` in one piece of 64 MiB.
pub(crate) fn folder(name: &[u8], files: &[Vec<u8>]) -> Vec<u8> {
    d(&[
        ("files", l(files)),
        ("name", s(name)),
        ("piece length", i(64 << 20)),
        ("pieces", hashes(1)),
    ])
}

/// `info` of a single file.
pub(crate) fn single(name: &[u8], length: i64, piece_length: i64, pieces: usize) -> Vec<u8> {
    d(&[
        ("length", i(length)),
        ("name", s(name)),
        ("piece length", i(piece_length)),
        ("pieces", hashes(pieces)),
    ])
}
