//! Bytes to text, when nobody says how.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes looked at for a guess.
const SAMPLE: usize = 64 * 1024;

/// The text in `bytes`: by its byte order mark, as UTF-16 if every other byte is zero, as UTF-8 if
/// it is that, else by how its letters are spread. What doesn't decode becomes U+FFFD.
pub fn decode(bytes: &[u8]) -> String {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or_else(|| (guess(bytes), 0));
    let text = bytes.get(mark..).unwrap_or_default();
    encoding.decode_without_bom_handling(text).0.into_owned()
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    let zeros = |odd| sample.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let many = sample.len() / 5;
    match (zeros(0) > many, zeros(1) > many) {
        (false, true) => UTF_16LE,
        (true, false) => UTF_16BE,
        _ if std::str::from_utf8(bytes).is_ok() => UTF_8,
        _ => {
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
            detector.feed(sample, sample.len() == bytes.len());
            detector.guess(None, Utf8Detection::Allow)
        }
    }
}
