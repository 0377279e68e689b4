//! The pieces a choked peer may ask for, so that a newcomer has something to trade (BEP 6).

use std::net::Ipv4Addr;

use sha1::{Digest, Sha1};

use crate::{InfoHash, PieceIndex};

/// The most pieces [`set`] gives; BEP 6 suggests ten.
pub const MAX_SET: usize = 64;

/// The allowed fast set BEP 6 defines for a peer at `ip`: `count` (at most [`MAX_SET`]) of the
/// torrent's `pieces`, in the order they come about, all of them where there are no more. Both sides
/// compute the same, and a peer gains nothing by taking another address of its /24.
pub fn set(info_hash: InfoHash, ip: Ipv4Addr, pieces: u32, count: usize) -> Vec<PieceIndex> {
    let count = count.min(MAX_SET);
    if pieces as usize <= count {
        return (0..pieces).map(PieceIndex).collect();
    }
    let [a, b, c, _] = ip.octets();
    let mut set = Vec::with_capacity(count);
    let mut x: [u8; 20] =
        Sha1::new().chain_update([a, b, c, 0]).chain_update(info_hash.0).finalize().into();
    while set.len() < count {
        for word in x.as_chunks::<4>().0 {
            let piece = PieceIndex(u32::from_be_bytes(*word) % pieces);
            if set.len() < count && !set.contains(&piece) {
                set.push(piece);
            }
        }
        x = Sha1::digest(x).into();
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors BEP 6 publishes.
    #[test]
    fn bep_6_vectors() {
        let ip = Ipv4Addr::new(80, 4, 4, 200);
        let expected = [1059, 431, 808, 1217, 287, 376, 1188, 353, 508].map(PieceIndex);
        assert_eq!(set(InfoHash([0xaa; 20]), ip, 1313, 7), expected[..7]);
        assert_eq!(set(InfoHash([0xaa; 20]), ip, 1313, 9), expected);
    }

    #[test]
    fn a_small_torrent_gives_every_piece_and_no_more() {
        let all = |pieces, count| set(InfoHash([1; 20]), Ipv4Addr::LOCALHOST, pieces, count);
        assert_eq!(all(3, 10), [0, 1, 2].map(PieceIndex));
        assert_eq!(all(0, 10), []);
        let mut most = all(65, 1000);
        most.sort_unstable();
        most.dedup();
        assert!(most.len() == MAX_SET && most.iter().all(|piece| piece.0 < 65));
    }
}
