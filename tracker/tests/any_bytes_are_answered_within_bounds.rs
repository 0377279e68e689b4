//! The fuzz targets' bodies on arbitrary and on almost right input.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

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
        tracker::fuzz::scrape_answer(&body);
        tracker::fuzz::udp_answer(&body);
        tracker::fuzz::server_datagram(&body);
    }

    #[test]
    fn bencode_like(body in "[dlie0-9:a-z-]{0,80}") {
        tracker::fuzz::announce_answer(body.as_bytes());
        tracker::fuzz::scrape_answer(body.as_bytes());
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

    #[test]
    fn scrape_like(counts in any::<[i64; 3]>(), cut in 0usize..120) {
        let [complete, downloaded, incomplete] = counts;
        let body = format!(
            "d5:filesd20:{}d8:completei{complete}e10:downloadedi{downloaded}e10:incompletei{incomplete}eeee",
            "a".repeat(20),
        );
        tracker::fuzz::scrape_answer(body.as_bytes());
        tracker::fuzz::scrape_answer(&body.as_bytes()[..cut.min(body.len())]);
    }

    #[test]
    fn udp_like(
        choice in any::<u8>(),
        action in 0u8..5,
        rest in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let answer = [&[choice, 0, 0, 0, action, 0, 0, 0, 0][..], &rest].concat();
        tracker::fuzz::udp_answer(&answer);
        let request = [&[0; 8][..], &[0, 0, 0, action, 0, 0, 0, 0], &rest].concat();
        tracker::fuzz::server_datagram(&request);
    }
}
