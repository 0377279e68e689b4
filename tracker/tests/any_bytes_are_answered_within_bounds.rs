//! The fuzz targets' bodies on arbitrary and on almost right input.

use proptest::prelude::*;

/// Bytes that look like an answer, so that the readers behind the bencode are reached.
fn answer_like() -> impl Strategy<Value = Vec<u8>> {
    let compact = proptest::collection::vec(any::<u8>(), 0..200);
    (compact.clone(), compact, any::<i64>()).prop_map(|(v4, v6, interval)| {
        let mut body = format!("d8:intervali{interval}e5:peers{}:", v4.len()).into_bytes();
        body.extend_from_slice(&v4);
        body.extend_from_slice(format!("6:peers6{}:", v6.len()).as_bytes());
        body.extend_from_slice(&v6);
        body.push(b'e');
        body
    })
}

proptest! {
    #[test]
    fn any_bytes(body in proptest::collection::vec(any::<u8>(), 0..500)) {
        tracker::fuzz::announce_answer(&body);
        tracker::fuzz::server_query(&body);
    }

    #[test]
    fn bencode_like(body in "[dlie0-9:a-z-]{0,80}") {
        tracker::fuzz::announce_answer(body.as_bytes());
    }

    #[test]
    fn almost_right(mut body in answer_like(), at in any::<prop::sample::Index>(), flip in any::<u8>()) {
        tracker::fuzz::announce_answer(&body);
        *at.get_mut(&mut body) ^= flip;
        tracker::fuzz::announce_answer(&body);
    }

    #[test]
    fn query_like(query in "((info_hash|peer_id|port|left|numwant|event|compact)=[%0-9a-z]{0,25}&){0,9}") {
        tracker::fuzz::server_query(query.as_bytes());
    }
}
