//! `lt_donthave`: the sender has a piece no longer (BEP 54).

use bytes::Bytes;

use crate::{PieceIndex, WireError};

/// The piece a payload is about; whether the torrent has it is the caller's question.
///
/// # Errors
/// [`WireError::Extended`] unless it is four bytes long.
pub fn parse(payload: &[u8]) -> Result<PieceIndex, WireError> {
    let index = payload.try_into().map_err(|_| WireError::Extended("lt_donthave length"))?;
    Ok(PieceIndex(u32::from_be_bytes(index)))
}

/// The payload that says `piece` is here no longer.
pub fn encode(piece: PieceIndex) -> Bytes {
    Bytes::copy_from_slice(&piece.0.to_be_bytes())
}
