//! The fuzz targets' bodies, driven by proptest: junk, and good input that was tampered with.

#![allow(clippy::unwrap_used, dead_code)]

mod support;

use proptest::prelude::*;
use wire::codec::encode;
use wire::extension::dont_have;
use wire::{
    BlockRequest, ExtensionHandshake, Handshake, InfoHash, Message, MetadataMessage,
    MetainfoBuilder, PeerId, PexFlags, PexMessage, PexPeer, PieceIndex, fuzz,
};

/// `good` with some bytes replaced, a run repeated or removed, or the end cut off.
fn tampered(good: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let at = any::<prop::sample::Index>;
    let edit =
        (at(), at(), 0..6u8, prop_oneof![any::<u8>(), prop::sample::select(&b"0129-:eild"[..])]);
    prop::collection::vec(edit, 0..6).prop_map(move |edits| {
        let mut bytes = good.clone();
        for (from, to, what, byte) in edits {
            if bytes.is_empty() {
                break;
            }
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            match what {
                0 => bytes.truncate(from),
                1 => bytes.insert(from, byte),
                2 if from < to => drop(bytes.drain(from..to)),
                3 if from < to => bytes.extend_from_within(from..to),
                _ => bytes[from] = byte,
            }
        }
        bytes
    })
}

fn torrent() -> Vec<u8> {
    let file = |path: &[&str], length| (path.iter().map(|e| (*e).to_owned()).collect(), length);
    let builder = MetainfoBuilder {
        name: "n".into(),
        files: vec![file(&["a", "b"], 9), file(&["a", "c"], 0), file(&["A"], 8), file(&["b"], 3)],
        piece_length: 9,
        piece_hashes: vec![[b'1'; 20]; 3],
        trackers: vec![vec!["http://a/".into()]],
        private: true,
        ..Default::default()
    };
    builder.encode().unwrap()
}

fn unsorted_torrent() -> Vec<u8> {
    use support::{d, hashes, i, l, s};
    let pad = d(&[("attr", s("p")), ("length", i(3))]);
    let link = d(&[("attr", s("l")), ("path", l(&[s("x")]))]);
    let file = d(&[("path.utf-8", l(&[s("x"), s("")])), ("length", i(6))]);
    let info = [
        ("pieces", hashes(1)),
        ("name", s("..")),
        ("piece length", i(9)),
        ("files", l(&[link, file, pad])),
    ];
    d(&[("info", d(&info)), ("url-list", s("u"))])
}

fn extension_handshake() -> Vec<u8> {
    let handshake = ExtensionHandshake {
        metadata_size: Some(31235),
        port: Some(6881),
        your_ip: Some([10, 0, 0, 1].into()),
        upload_only: true,
        ..ExtensionHandshake::ours()
    };
    handshake.encode().to_vec()
}

fn pex() -> Vec<u8> {
    let flags = PexFlags::from_byte(3);
    let peer = |text: &str| PexPeer { address: text.parse().unwrap(), flags };
    let added = vec![peer("1.2.3.4:5"), peer("[2001:db8::1]:6")];
    PexMessage { dropped: added.iter().map(|p| p.address).collect(), added }.encode().to_vec()
}

fn metadata(kind: u8, piece: u32) -> Vec<u8> {
    let message = match kind {
        0 => MetadataMessage::Request(piece),
        1 => MetadataMessage::Data { piece, total_size: 40_000, data: "abc".into() },
        _ => MetadataMessage::Reject(piece),
    };
    message.encode().to_vec()
}

/// Extended messages of the peer, under our ids.
fn extended() -> impl Strategy<Value = Message> {
    let dont_have = (0..66u32).prop_map(|piece| dont_have::encode(PieceIndex(piece)).to_vec());
    prop_oneof![
        Just((0, extension_handshake())),
        (0..3u8, 0..4u32).prop_map(|(kind, piece)| (1, metadata(kind, piece))),
        Just((2, pex())),
        dont_have.prop_map(|payload| (3, payload)),
        (0..5u8, junk()),
    ]
    .prop_map(|(id, payload)| Message::Extended { id, payload: payload.into() })
}

/// A script for `fuzz::peer_state`: our events, and messages cut into parts.
fn script() -> impl Strategy<Value = Vec<u8>> {
    let request = || {
        (0..66u32, 0..4u32, prop_oneof![4 => Just(16384), 1 => Just(16379), 1 => any::<u32>()])
            .prop_map(|(piece, block, length)| BlockRequest {
                piece: PieceIndex(piece),
                begin: block * 16384,
                length,
            })
    };
    let bits = prop::collection::vec(any::<u8>(), 8).prop_map(|b| Message::Bitfield(b.into()));
    let message = prop_oneof![
        Just(Message::HaveAll),
        bits,
        Just(Message::Choke),
        Just(Message::Unchoke),
        (0..66u32).prop_map(|p| Message::Have(PieceIndex(p))),
        (0..66u32).prop_map(|p| Message::AllowedFast(PieceIndex(p))),
        request().prop_map(Message::Request),
        request().prop_map(Message::Cancel),
        request().prop_map(Message::RejectRequest),
        request().prop_map(|r| Message::Piece {
            piece: r.piece,
            begin: r.begin,
            data: vec![0; r.length.min(16384) as usize].into(),
        }),
        extended(),
        extended(),
    ];
    let heard = message.prop_map(|message| {
        let mut bytes = Vec::new();
        encode(&message, &mut bytes);
        bytes.chunks(255).flat_map(|c| [&[17, c.len() as u8], c].concat()).collect()
    });
    let step = prop_oneof![heard, (0..15u8, any::<u8>()).prop_map(|(op, arg)| vec![op, arg])];
    (any::<u8>(), prop::collection::vec(step, 0..60))
        .prop_map(|(fast, steps)| [vec![fast], steps.concat()].concat())
}

fn junk() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn bencode(data in prop_oneof![junk(), tampered(torrent()), tampered(unsorted_torrent())]) {
        fuzz::bencode(&data);
    }

    #[test]
    fn metainfo(data in prop_oneof![junk(), tampered(torrent()), tampered(unsorted_torrent())]) {
        fuzz::metainfo(&data);
    }

    #[test]
    fn names_magnets_and_peers(data in junk()) {
        fuzz::safe_name(&data);
        fuzz::magnet(&data);
        fuzz::compact(&data);
    }

    #[test]
    fn magnet(data in tampered(
        b"magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&so=1-2&x.pe=[::1]:1".to_vec()
    )) {
        fuzz::magnet(&data);
    }

    #[test]
    fn handshake(data in tampered(Handshake {
        extensions: Default::default(),
        info_hash: InfoHash([7; 20]),
        peer_id: PeerId::ours([0; 12]),
    }.encode().to_vec())) {
        fuzz::handshake(&data);
    }

    #[test]
    fn codec(data in prop_oneof![
        junk(),
        prop::collection::vec((0..24u8, 1..40u32), 1..9).prop_map(|headers| {
            headers.iter().flat_map(|(id, length)| {
                [&length.to_be_bytes()[..], &[*id], &vec![0; *length as usize - 1]].concat()
            }).collect()
        }),
    ]) {
        fuzz::codec(&data);
    }

    #[test]
    fn extension_handshake_message(data in prop_oneof![junk(), tampered(extension_handshake())]) {
        fuzz::extension_handshake(&data);
    }

    #[test]
    fn pex_message(data in prop_oneof![junk(), tampered(pex())]) {
        fuzz::pex(&data);
    }

    #[test]
    fn metadata_message(data in prop_oneof![
        junk(),
        (0..3u8).prop_flat_map(|kind| tampered(metadata(kind, 1))),
    ]) {
        fuzz::metadata_message(&data);
    }

    #[test]
    fn metadata_fetch(data in prop::collection::vec(any::<u8>(), 0..600)) {
        fuzz::metadata_fetch(&data);
    }

    #[test]
    fn peer_state(data in prop_oneof![junk(), script()]) {
        fuzz::peer_state(&data);
    }
}

/// What the strategies start from is accepted, or they would test nothing.
#[test]
fn the_untampered_are_good() {
    ExtensionHandshake::parse(&extension_handshake()).unwrap();
    PexMessage::parse(&pex()).unwrap();
    MetadataMessage::parse(&metadata(1, 1).into()).unwrap();
    for good in [torrent(), unsorted_torrent()] {
        wire::Metainfo::parse(&good).unwrap();
    }
}
