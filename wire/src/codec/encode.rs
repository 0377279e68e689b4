//! Messages to bytes.

use bytes::BufMut;

use crate::{BlockRequest, Message, PieceIndex};

/// Appends `message` to `out`, a `Vec<u8>` or `BytesMut`. PIECE's data is copied here: use
/// [`piece_header`] and a vectored write where that matters. [`Message::Unknown`] writes its bare id.
pub fn encode(message: &Message, out: &mut impl BufMut) {
    match message {
        Message::KeepAlive => out.put_u32(0),
        Message::Choke => bare(out, 0),
        Message::Unchoke => bare(out, 1),
        Message::Interested => bare(out, 2),
        Message::NotInterested => bare(out, 3),
        Message::Have(piece) => index(out, 4, *piece),
        Message::Bitfield(bits) => {
            head(out, 5, bits.len());
            out.put_slice(bits);
        }
        Message::Request(block) => request(out, 6, block),
        Message::Piece { piece, begin, data } => {
            out.put_slice(&piece_header(*piece, *begin, data.len() as u32));
            out.put_slice(data);
        }
        Message::Cancel(block) => request(out, 8, block),
        Message::Port(port) => {
            head(out, 9, 2);
            out.put_u16(*port);
        }
        Message::SuggestPiece(piece) => index(out, 13, *piece),
        Message::HaveAll => bare(out, 14),
        Message::HaveNone => bare(out, 15),
        Message::RejectRequest(block) => request(out, 16, block),
        Message::AllowedFast(piece) => index(out, 17, *piece),
        Message::Extended { id, payload } => {
            head(out, 20, 1 + payload.len());
            out.put_u8(*id);
            out.put_slice(payload);
        }
        Message::Unknown(id) => bare(out, *id),
    }
}

/// Everything of a PIECE message but its `data_len` bytes of data, which the caller sends behind it.
pub fn piece_header(piece: PieceIndex, begin: u32, data_len: u32) -> [u8; 13] {
    let mut header = [0; 13];
    header[..4].copy_from_slice(&(9 + data_len).to_be_bytes());
    header[4] = 7;
    header[5..9].copy_from_slice(&piece.0.to_be_bytes());
    header[9..].copy_from_slice(&begin.to_be_bytes());
    header
}

/// Length prefix and id of a message with `body` bytes behind the id.
fn head(out: &mut impl BufMut, id: u8, body: usize) {
    out.put_u32(1 + body as u32);
    out.put_u8(id);
}

fn bare(out: &mut impl BufMut, id: u8) {
    head(out, id, 0);
}

fn index(out: &mut impl BufMut, id: u8, piece: PieceIndex) {
    head(out, id, 4);
    out.put_u32(piece.0);
}

fn request(out: &mut impl BufMut, id: u8, block: &BlockRequest) {
    head(out, id, 12);
    out.put_u32(block.piece.0);
    out.put_u32(block.begin);
    out.put_u32(block.length);
}
