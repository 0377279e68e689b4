//! The handshake (BEP 3) byte by byte, and HOSTILE 17.

use wire::{Extensions, Handshake, InfoHash, PeerId, WireError};

fn handshake() -> Handshake {
    Handshake {
        extensions: Extensions { fast: true, extended: true, dht: false },
        info_hash: InfoHash([0xab; 20]),
        peer_id: PeerId::ours(*b"0123456789ab"),
    }
}

#[test]
fn it_is_68_bytes_with_the_reserved_bits_in_place() {
    let bytes = handshake().encode();
    assert_eq!(&bytes[..20], b"\x13BitTorrent protocol");
    assert_eq!(&bytes[20..28], &[0, 0, 0, 0, 0, 0x10, 0, 0x04]);
    assert_eq!(&bytes[28..48], &[0xab; 20]);
    assert_eq!(&bytes[48..], b"-MR0100-0123456789ab");
}

#[test]
fn row_17_nothing_before_the_68th_byte() {
    let bytes = handshake().encode();
    for arrived in 0..Handshake::LEN {
        assert_eq!(Handshake::parse(&bytes[..arrived]), Ok(None));
    }
    let with_more = [&bytes[..], &[0, 0, 0, 0]].concat();
    assert_eq!(Handshake::parse(&with_more), Ok(Some(handshake())));
}

#[test]
fn row_17_a_wrong_protocol_string_is_refused_at_its_first_wrong_byte() {
    let good = handshake().encode();
    for wrong in 0..20 {
        let mut bytes = good;
        bytes[wrong] ^= 0x20;
        assert_eq!(Handshake::parse(&bytes[..wrong]), Ok(None));
        assert_eq!(Handshake::parse(&bytes[..=wrong]), Err(WireError::NotBitTorrent));
    }
    assert_eq!(Handshake::parse(b"GET / HTTP/1.1\r\n"), Err(WireError::NotBitTorrent));
}

#[test]
fn unknown_reserved_bits_are_ignored_and_known_ones_meet() {
    let mut bytes = handshake().encode();
    bytes[20..28].copy_from_slice(&[0xff; 8]);
    let theirs = Handshake::parse(&bytes).unwrap().unwrap().extensions;
    assert_eq!(theirs, Extensions { fast: true, extended: true, dht: true });
    assert_eq!(theirs.both(handshake().extensions), handshake().extensions);
}
