//! Whatever stands in the catalogue's tables is read or refused, never a panic: the fuzz targets'
//! bodies on random input.

use proptest::prelude::*;
use storage::catalogue::tables::decode_resume;
use storage::fuzz;

proptest! {
    #[test]
    fn resume(pieces in 0u32..100, bits in prop::collection::vec(any::<u8>(), 0..16)) {
        let value = [&pieces.to_le_bytes()[..], &bits].concat();
        fuzz::resume(&value);
        fuzz::resume(&bits);
        if let Some(have) = decode_resume(&value) {
            prop_assert_eq!(have.pieces(), pieces);
        }
    }

    #[test]
    fn record(text in "\\{(\"name\":\"a\",\"added_at\":[0-9]{1,22}(,\"priority\":-?[0-9]{1,4})?)?\\}") {
        fuzz::record(text.as_bytes());
    }
}

#[test]
fn a_count_that_is_not_the_bits_is_refused() {
    assert!(decode_resume(&[9, 0, 0, 0, 0xff]).is_none());
    assert!(decode_resume(&[255, 255, 255, 255]).is_none());
    assert!(decode_resume(&[7, 0, 0, 0, 0xff]).is_none(), "spare bit");
    assert_eq!(decode_resume(&[8, 0, 0, 0, 0xff]).unwrap().count(), 8);
}
