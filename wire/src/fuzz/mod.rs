//! The bodies of the fuzz targets in `fuzz/`, one a parser: they panic when a promise is broken.
//! The property tests run the same functions, so that they are exercised without nightly.

mod metadata_fetch;
mod peer_state;

use std::collections::HashSet;
use std::path::Component;

use bytes::Bytes;

use crate::bencode::{self, Limits};
use crate::codec::{Decoder, encode};
use crate::{
    ExtensionHandshake, Handshake, Magnet, Message, MetadataMessage, Metainfo, PexMessage, compact,
    extension,
};

pub use metadata_fetch::metadata_fetch;
pub use peer_state::peer_state;

/// Both readings end, agree where both accept, and report a length within the input.
pub fn bencode(data: &[u8]) {
    let strict = bencode::read(data, Limits::MESSAGE);
    let tolerant = bencode::read_prefix(data, Limits::MESSAGE);
    match (strict, tolerant) {
        (Ok(strict), Ok((tolerant, used))) => {
            assert!(strict == tolerant && used <= data.len());
            let again = bencode::read_prefix(&data[..used], Limits::MESSAGE);
            assert_eq!(again, Ok((tolerant, used)));
        }
        (strict, tolerant) => assert!(strict.is_err() && tolerant.is_err()),
    }
}

/// What is accepted is consistent, stays below its folder, and survives being written again.
pub fn metainfo(data: &[u8]) {
    let Ok(torrent) = Metainfo::parse(data) else {
        return;
    };
    let info = &torrent.info;
    assert_eq!(info.piece_hashes.len(), info.geometry.pieces() as usize);
    let total: u64 = info.files.iter().map(|file| file.length).sum();
    assert!(total == info.geometry.total() && total > 0);
    let mut places = HashSet::new();
    for file in &info.files {
        let normal = |c: Component<'_>| matches!(c, Component::Normal(_));
        assert!(file.path.components().all(normal), "{:?}", file.path);
        let place = file.path.to_string_lossy().to_lowercase();
        assert!(file.pad || places.insert(place), "{:?} twice", file.path);
    }
    let again = Metainfo::parse(&torrent.to_torrent_file(&torrent.trackers));
    assert_eq!(again, Ok(torrent));
}

/// Any name becomes one safe element, which is left as it is.
pub fn safe_name(data: &[u8]) {
    use crate::safe_name::{MAX_BYTES, safe_name};
    let safe = safe_name(data);
    assert!(!safe.is_empty() && safe.len() <= MAX_BYTES);
    assert!(!safe.contains(['/', '\\', ':', '\0']) && !safe.ends_with(['.', ' ']));
    assert_eq!(safe_name(safe.as_bytes()), safe);
}

/// What is accepted is within the caps, and is read back as it is written.
pub fn magnet(data: &[u8]) {
    use crate::magnet::{MAX_LEN, MAX_PEERS, MAX_RANGES, MAX_TRACKERS};
    let Ok(magnet) = Magnet::parse(&String::from_utf8_lossy(data)) else {
        return;
    };
    assert!(magnet.trackers.len() <= MAX_TRACKERS && magnet.peers.len() <= MAX_PEERS);
    assert!(magnet.web_seeds.len() <= MAX_PEERS);
    assert!(magnet.selected.as_ref().is_none_or(|ranges| ranges.len() <= MAX_RANGES));
    let selected = magnet.selected_indices(100);
    assert!(selected.is_none_or(|indices| indices.is_sorted_by(|a, b| a < b)));
    let uri = magnet.to_uri();
    assert!(uri.len() > MAX_LEN || Magnet::parse(&uri) == Ok(magnet));
}

/// What is accepted is written as it came, but for reserved bits nobody knows.
pub fn handshake(data: &[u8]) {
    if let Ok(Some(handshake)) = Handshake::parse(data) {
        let written = handshake.encode();
        assert_eq!(written[..20], data[..20]);
        assert_eq!(written[28..], data[28..Handshake::LEN]);
    }
}

/// Every list has as many peers as its length says, and is written as it came.
pub fn compact(data: &[u8]) {
    assert_eq!(compact::parse_v4(data).is_ok(), data.len().is_multiple_of(6));
    assert_eq!(compact::parse_v6(data).is_ok(), data.len().is_multiple_of(18));
    if let Ok(peers) = compact::parse_v4(data) {
        assert_eq!(peers.collect::<compact::CompactPeers>().v4, data);
    }
}

/// Messages come out as they went in, and arriving in parts changes nothing.
pub fn codec(data: &[u8]) {
    let mut decoder = Decoder::new(Some(64));
    let mut rest = data;
    while let Ok(Some((frame, used))) = decoder.decode(rest) {
        assert!((4..=decoder.longest()).contains(&used));
        assert_eq!(decoder.decode(&rest[..used - 1]), Ok(None));
        let message = frame.into_message();
        if !matches!(message, Message::Unknown(_)) {
            let mut written = Vec::new();
            encode(&message, &mut written);
            assert_eq!(written, rest[..used]);
        }
        rest = &rest[used..];
    }
}

/// What is accepted is within its bounds, and is read back as it is written.
pub fn extension_handshake(data: &[u8]) {
    let Ok(handshake) = ExtensionHandshake::parse(data) else {
        return;
    };
    assert!(data.len() <= extension::MAX_HANDSHAKE);
    assert!(handshake.metadata_size.is_none_or(|n| (1..=extension::MAX_METADATA).contains(&n)));
    assert!(handshake.reqq.is_none_or(|n| (1..=extension::MAX_REQQ).contains(&n)));
    let ids = [handshake.ut_metadata, handshake.ut_pex, handshake.lt_donthave];
    assert!(!ids.contains(&Some(0)) && handshake.port != Some(0));
    if let Some(client) = &handshake.client {
        assert!((1..=extension::MAX_CLIENT_CHARS).contains(&client.chars().count()));
        assert!(!client.contains(char::is_control));
    }
    assert_eq!(ExtensionHandshake::parse(&handshake.encode()), Ok(handshake));
}

/// What is accepted is read back as it is written, and data is what stood behind the dictionary.
pub fn metadata_message(data: &[u8]) {
    let payload = Bytes::copy_from_slice(data);
    let Ok(message) = MetadataMessage::parse(&payload) else {
        return;
    };
    if let MetadataMessage::Data { data: piece, .. } = &message {
        assert!(piece.len() <= extension::METADATA_PIECE_LEN as usize && data.ends_with(piece));
    }
    assert_eq!(MetadataMessage::parse(&message.encode()), Ok(message));
}

/// What is accepted is within the caps, and writing it again changes nothing.
pub fn pex(data: &[u8]) {
    let Ok(message) = PexMessage::parse(data) else {
        return;
    };
    assert!(message.added.len() <= extension::MAX_PEX_PEERS);
    assert!(message.dropped.len() <= extension::MAX_PEX_PEERS);
    let addresses = message.added.iter().map(|peer| &peer.address).chain(&message.dropped);
    assert!(addresses.into_iter().all(|address| address.port() != 0));
    let written = message.encode();
    let again = PexMessage::parse(&written);
    assert!(again.is_ok_and(|again| again.encode() == written));
}
