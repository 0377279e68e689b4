//! Messages through the codec, a byte at a time, and HOSTILE 18.

use bytes::Bytes;
use proptest::prelude::*;
use wire::codec::{Decoder, Frame, MAX_BLOCK_LEN, MAX_EXTENDED_LEN, encode, piece_header};
use wire::{BlockRequest, Message, PieceIndex, WireError};

const PIECES: u32 = 100;

fn message() -> impl Strategy<Value = Message> {
    let piece = || any::<u32>().prop_map(PieceIndex);
    let block = || {
        (piece(), any::<u32>(), any::<u32>()).prop_map(|(piece, begin, length)| BlockRequest {
            piece,
            begin,
            length,
        })
    };
    let data = || prop::collection::vec(any::<u8>(), 0..600).prop_map(Bytes::from);
    prop_oneof![
        Just(Message::KeepAlive),
        Just(Message::Choke),
        Just(Message::Unchoke),
        Just(Message::Interested),
        Just(Message::NotInterested),
        Just(Message::HaveAll),
        Just(Message::HaveNone),
        piece().prop_map(Message::Have),
        piece().prop_map(Message::SuggestPiece),
        piece().prop_map(Message::AllowedFast),
        block().prop_map(Message::Request),
        block().prop_map(Message::Cancel),
        block().prop_map(Message::RejectRequest),
        any::<u16>().prop_map(Message::Port),
        prop::collection::vec(any::<u8>(), 13).prop_map(|b| Message::Bitfield(b.into())),
        (piece(), any::<u32>(), data()).prop_map(|(piece, begin, data)| Message::Piece {
            piece,
            begin,
            data
        }),
        (any::<u8>(), data()).prop_map(|(id, payload)| Message::Extended { id, payload }),
        (21..=255u8).prop_map(Message::Unknown),
    ]
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_however_it_arrives(
        messages in prop::collection::vec(message(), 1..20),
        chunk in 1usize..700,
    ) {
        let mut stream = Vec::new();
        messages.iter().for_each(|message| encode(message, &mut stream));
        let mut decoder = Decoder::new(Some(PIECES));
        let (mut buffer, mut decoded) = (Vec::new(), Vec::new());
        for bytes in stream.chunks(chunk) {
            buffer.extend_from_slice(bytes);
            while let Some((frame, used)) = decoder.decode(&buffer).unwrap() {
                decoded.push(frame.into_message());
                buffer.drain(..used);
            }
        }
        prop_assert!(buffer.is_empty());
        prop_assert_eq!(decoded, messages);
    }

    #[test]
    fn what_is_missing_is_at_most_the_rest(message in message(), cut in any::<prop::sample::Index>()) {
        let mut whole = Vec::new();
        encode(&message, &mut whole);
        let (here, rest) = whole.split_at(cut.index(whole.len()));
        let missing = Decoder::missing(here);
        prop_assert!((1..=rest.len()).contains(&missing));
        prop_assert!(here.len() < 4 || missing == rest.len());
    }
}

#[test]
fn a_block_is_borrowed_from_the_buffer() {
    let data = [9; 16384];
    let bytes = [&piece_header(PieceIndex(3), 32768, 16384)[..], &data].concat();
    let (frame, used) = Decoder::new(Some(PIECES)).decode(&bytes).unwrap().unwrap();
    assert_eq!(used, bytes.len());
    let Frame::Piece { piece: PieceIndex(3), begin: 32768, data } = frame else {
        panic!("{frame:?}");
    };
    assert_eq!(data.as_ptr(), bytes[13..].as_ptr());
}

fn first_bytes(id: u8, length: u32) -> Result<Option<usize>, WireError> {
    let bytes = [&length.to_be_bytes()[..], &[id]].concat();
    Decoder::new(Some(PIECES)).decode(&bytes).map(|frame| frame.map(|(_, used)| used))
}

#[test]
fn row_18_a_length_beyond_every_limit_is_refused_at_four_bytes() {
    for length in [u32::MAX, 1 << 31, 1 << 20] {
        let refused = Decoder::new(Some(PIECES)).decode(&length.to_be_bytes()).unwrap_err();
        assert!(matches!(refused, WireError::TooLong { id: None, .. }), "{refused}");
    }
}

#[test]
fn row_18_each_type_has_its_limit_before_its_body_is_here() {
    let longest = [
        (5, 1 + PIECES.div_ceil(8)),
        (7, 9 + MAX_BLOCK_LEN),
        (20, 1 + MAX_EXTENDED_LEN),
        (99, MAX_EXTENDED_LEN),
    ];
    for (id, limit) in longest {
        assert_eq!(first_bytes(id, limit), Ok(None));
        assert!(first_bytes(id, limit + 1).is_err(), "{id}");
    }
    for (id, exact) in [(4, 5), (6, 13), (8, 13), (9, 3), (13, 5), (16, 13), (17, 5)] {
        assert_eq!(first_bytes(id, exact), Ok(None), "{id}");
        for wrong in [1, exact - 1, exact + 1] {
            assert!(first_bytes(id, wrong).is_err(), "{id} of {wrong}");
        }
    }
    for id in [0, 1, 2, 3, 14, 15] {
        assert_eq!(first_bytes(id, 1), Ok(Some(5)));
        assert!(first_bytes(id, 2).is_err());
    }
    assert!(first_bytes(7, 8).is_err() && first_bytes(20, 1).is_err());
}

#[test]
fn row_18_the_bitfield_limit_follows_the_pieces() {
    let header = |pieces: u32| [&(1 + pieces.div_ceil(8)).to_be_bytes()[..], &[5]].concat();
    let mut decoder = Decoder::new(None);
    assert_eq!(decoder.decode(&header(1_600_000)).unwrap(), None);
    decoder.set_pieces(1000);
    assert!(decoder.decode(&header(1_600_000)).is_err());
    assert_eq!(decoder.decode(&header(1000)).unwrap(), None);
    assert!(decoder.longest() >= 4 + 9 + MAX_BLOCK_LEN as usize);
}
