//! `multipart/byteranges` (RFC 9110 §14.6).

use bytes::Bytes;
use wire::ByteRange;

use crate::media::body::Part;

/// A multipart message before its bytes are read.
pub struct Message {
    /// A head of text before each range, and the end.
    pub parts: Vec<Part>,
    /// Bytes of all of it: the `Content-Length`.
    pub length: u64,
}

/// The parts of `ranges` of a file of `length` bytes and type `mime`, between `boundary`.
pub fn byteranges(ranges: &[ByteRange], length: u64, mime: &str, boundary: &str) -> Message {
    let mut message = Message { parts: Vec::new(), length: 0 };
    let mut lead = "";
    for range in ranges {
        let (first, last) = (range.start, range.end.saturating_sub(1));
        message.text(format!(
            "{lead}--{boundary}\r\nContent-Type: {mime}\r\n\
             Content-Range: bytes {first}-{last}/{length}\r\n\r\n"
        ));
        message.parts.push(Part::File(*range));
        message.length += range.len();
        lead = "\r\n";
    }
    message.text(format!("{lead}--{boundary}--\r\n"));
    message
}

impl Message {
    fn text(&mut self, text: String) {
        self.length += text.len() as u64;
        self.parts.push(Part::Text(Bytes::from(text)));
    }
}
