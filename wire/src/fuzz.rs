//! The bodies of the fuzz targets in `fuzz/`, one a parser: they panic when a promise is broken.
//! The property tests run the same functions, so that they are exercised without nightly.

use std::collections::HashSet;
use std::path::Component;
use std::time::{Duration, Instant};

use crate::bencode::{self, Limits};
use crate::codec::{Decoder, Frame, encode};
use crate::peer_state::{MAX_QUEUED_REQUESTS, MAX_UNASKED};
use crate::{
    Action, Bitfield, BlockRef, Event, Geometry, Handshake, Magnet, Message, Metainfo, PeerConfig,
    PeerState, PieceIndex, compact,
};

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

/// What is accepted is within the caps.
pub fn magnet(data: &[u8]) {
    use crate::magnet::{MAX_LEN, MAX_PEERS, MAX_TRACKERS};
    if let Ok(magnet) = Magnet::parse(&String::from_utf8_lossy(data)) {
        assert!(magnet.trackers.len() <= MAX_TRACKERS && magnet.peers.len() <= MAX_PEERS);
        assert!(magnet.name.is_none_or(|name| name.len() <= MAX_LEN));
    }
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

/// A connection keeps its bounds whatever the peer sends and whenever we act: `data` is a script
/// of our events and of bytes from the peer.
pub fn peer_state(data: &[u8]) {
    let Some((&fast, mut script)) = data.split_first() else {
        return;
    };
    let Some(geometry) = Geometry::new(3 * 16384, 64 * 3 * 16384 - 5) else {
        return;
    };
    let mut now = Instant::now();
    let config = PeerConfig { geometry: Some(geometry), fast: fast & 1 == 1, extended: true, now };
    let mut state = PeerState::new(config);
    let mut decoder = Decoder::new(Some(geometry.pieces()));
    let (mut buffer, mut out) = (Vec::new(), Vec::new());
    let mut dropped = 0;
    while let [op, arg, tail @ ..] = script {
        script = tail;
        let piece = PieceIndex(u32::from(*arg % 66));
        let blocks: [BlockRef; 4] =
            std::array::from_fn(|index| BlockRef { piece, index: index as u32 });
        match op % 16 {
            0 => state.handle(now, Event::Request(&blocks), &mut out),
            1 => state.handle(now, Event::Cancel(&blocks), &mut out),
            2 => state.handle(now, Event::Choke(arg & 1 == 1), &mut out),
            3 => state.handle(now, Event::Have(piece), &mut out),
            4 => state.handle(now, Event::AllowFast(piece), &mut out),
            5 => state.handle(now, Event::Interested(arg & 1 == 1), &mut out),
            6 => state.handle(now, Event::OurBitfield(&Bitfield::all(64)), &mut out),
            7 => {
                now += Duration::from_secs(u64::from(*arg));
                state.handle(now, Event::Tick, &mut out);
            }
            _ => {
                let (bytes, tail) = script.split_at(usize::from(*arg).min(script.len()));
                script = tail;
                buffer.extend_from_slice(bytes);
                let mut used = 0;
                while let Ok(Some((frame, n))) = decoder.decode(&buffer[used..]) {
                    used += n;
                    let event = match frame {
                        Frame::Piece { piece, begin, data } => {
                            Event::Block { piece, begin, length: data.len() as u32 }
                        }
                        Frame::Other(message) => Event::Message(message),
                    };
                    state.handle(now, event, &mut out);
                }
                buffer.drain(..used);
            }
        }
        assert!(state.queued_uploads() <= MAX_QUEUED_REQUESTS);
        assert!(state.outstanding().len() <= geometry.pieces() as usize * 3);
        let close = out.iter().position(|action| matches!(action, Action::Close(_)));
        assert!(close.is_none_or(|at| at + 1 == out.len()));
        dropped += out.iter().filter(|a| matches!(a, Action::BlockDropped(_))).count();
        assert!(dropped <= MAX_UNASKED as usize);
        out.clear();
        if close.is_some() {
            state.handle(now, Event::Tick, &mut out);
            assert!(out.is_empty());
            return;
        }
    }
}
