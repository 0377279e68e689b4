//! What the page takes from others is what they published: hls.js 1.7.4 as in its npm package.

use sha2::{Digest, Sha256};

#[test]
fn hls_js_is_the_packages() {
    for (bytes, sum) in [
        (
            &include_bytes!("../src/page/vendor/hls.min.mjs")[..],
            "5501f1d9091b6f749e0ef61aff4b9ea3ba13fd5fa5e2aefb6fc0ff871847a531",
        ),
        (
            &include_bytes!("../src/page/vendor/hls.js-LICENSE")[..],
            "ca8773cf798c7ed997d4dd7c8e23c348699f8d5b7462636694cc14de6cda12db",
        ),
    ] {
        assert_eq!(data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)), sum);
    }
}
