//! Only right bytes become a piece; wrong ones leave a digest a block (hostile row 24).

mod common;

use common::Sample;
use storage::{Budget, verify};
use wire::PieceIndex;

#[test]
fn a_spoilt_block_fails_the_piece_and_is_the_one_whose_digest_differs() {
    let sample = Sample::one(50_000, 120_000);
    let budget = Budget::new(200_000);
    let piece = PieceIndex(1);
    let expected = sample.info.piece_hashes[1];
    let spoilt = sample.candidate(&budget, piece, Some(2));
    let found = verify::verify(spoilt, &expected).expect_err("one bit differs");
    assert_eq!(budget.used(), 0, "wrong bytes are not kept");

    let good = verify::verify(sample.candidate(&budget, piece, None), &expected).unwrap();
    let right = verify::block_digests(&good);
    let differ: Vec<_> = (0..right.len()).filter(|i| right[*i] != found[*i]).collect();
    assert_eq!((right.len(), differ), (4, vec![2]));
}
