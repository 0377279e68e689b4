//! An announce's URL, and answers compact, as dictionaries and of IPv6 peers (BEP 3, 7, 23);
//! HOSTILE 38 and 39.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::time::Duration;

use tracker::announce::{DEFAULT_INTERVAL, MAX_INTERVAL, MAX_PEERS, MAX_TEXT, MIN_INTERVAL};
use tracker::{Answer, Event, Request, TrackerError, Transfer};
use url::Url;
use wire::AddressPolicy;
use wire::{InfoHash, PeerId};

fn parse(body: &[u8]) -> Result<Answer, TrackerError> {
    Answer::parse(body, &AddressPolicy::GLOBAL)
}

fn peers(body: &[u8]) -> Vec<String> {
    let peers = parse(body).unwrap().peers;
    peers.iter().map(ToString::to_string).collect()
}

fn request() -> Request {
    Request {
        info_hash: InfoHash(*b"\x00\x12 /+&%=~-._azAZ09\xfe\xff"),
        peer_id: PeerId(*b"-MR0100-\x80bcdefghijkl"),
        port: 51413,
        key: 0xbeef,
        transfer: Transfer { uploaded: 1, downloaded: 2, left: u64::MAX },
        event: Event::Started,
        numwant: 200,
        tracker_id: Some(b"id&1".to_vec()),
    }
}

#[test]
fn the_url_carries_raw_bytes_percent_encoded() {
    let announce = Url::parse("http://tracker.test:6969/announce?passkey=a%20b#x").unwrap();
    assert_eq!(
        request().url(&announce).as_str(),
        "http://tracker.test:6969/announce?passkey=a%20b\
         &info_hash=%00%12%20%2F%2B%26%25%3D~-._azAZ09%FE%FF&peer_id=-MR0100-%80bcdefghijkl\
         &port=51413&uploaded=1&downloaded=2&left=18446744073709551615&compact=1&numwant=200\
         &key=0000beef&event=started&trackerid=id%261"
    );
}

#[test]
fn a_regular_announce_has_no_event() {
    let mut request = request();
    request.event = Event::Empty;
    request.tracker_id = None;
    let url = request.url(&Url::parse("http://t.test/").unwrap());
    assert!(url.as_str().starts_with("http://t.test/?info_hash="));
    assert!(!url.as_str().contains("event") && !url.as_str().contains("trackerid"));
}

#[test]
fn compact_peers_of_both_families() {
    let body = b"d5:peers12:\x08\x08\x08\x08\x1a\xe1\x01\x02\x03\x04\x00\x506:peers618:\
        \x26\x06\x47\x00\x47\x00\0\0\0\0\0\0\0\0\x11\x11\x1a\xe1e";
    assert_eq!(peers(body), ["8.8.8.8:6881", "1.2.3.4:80", "[2606:4700:4700::1111]:6881"]);
}

#[test]
fn a_ragged_compact_tail_is_dropped() {
    assert_eq!(peers(b"d5:peers8:\x08\x08\x08\x08\x1a\xe1\x01\x02e"), ["8.8.8.8:6881"]);
}

#[test]
fn hostile_39_dictionaries_are_parsed_and_filtered() {
    let body = b"d5:peersl\
        d2:ip7:8.8.8.87:peer id20:aaaaaaaaaaaaaaaaaaaa4:porti6881ee\
        d4:porti1e2:ip20:2606:4700:4700::1111e\
        d2:ip7:8.8.8.84:porti0ee\
        d2:ip7:8.8.8.84:porti65537ee\
        d2:ip7:8.8.8.84:porti-1ee\
        d2:ip9:224.0.0.14:porti6881ee\
        d2:ip7:0.0.0.04:porti6881ee\
        d2:ip9:127.0.0.14:porti6881ee\
        d2:ip8:10.1.2.34:porti6881ee\
        d2:ip8:dns.test4:porti6881ee\
        d2:ip7:8.8.8.8e\
        i5eleee";
    assert_eq!(peers(body), ["8.8.8.8:6881", "[2606:4700:4700::1111]:1"]);
}

#[test]
fn hostile_39_compact_port_0_and_multicast_are_filtered() {
    let body = b"d5:peers18:\x08\x08\x08\x08\0\0\xe0\0\0\x01\x1a\xe1\x7f\0\0\x01\x1a\xe1e";
    assert!(peers(body).is_empty());
}

#[test]
fn hostile_38_intervals_are_clamped() {
    let cases: [(i64, Duration); 6] = [
        (0, MIN_INTERVAL),
        (-1, MIN_INTERVAL),
        (i64::MIN, MIN_INTERVAL),
        (1 << 31, MAX_INTERVAL),
        (i64::MAX, MAX_INTERVAL),
        (900, Duration::from_secs(900)),
    ];
    for (told, taken) in cases {
        let body = format!("d8:intervali{told}e12:min intervali{told}e5:peers0:e");
        let answer = parse(body.as_bytes()).unwrap();
        assert_eq!((answer.interval, answer.min_interval), (taken, Some(taken)), "{told}");
    }
    let answer = parse(b"d8:interval3:6005:peers0:e").unwrap();
    assert_eq!((answer.interval, answer.min_interval), (DEFAULT_INTERVAL, None));
}

#[test]
fn peers_are_capped() {
    let mut body = format!("d5:peers{}:", 6 * 10 * MAX_PEERS).into_bytes();
    for _ in 0..10 * MAX_PEERS {
        body.extend_from_slice(b"\x08\x08\x08\x08\x1a\xe1");
    }
    body.push(b'e');
    assert_eq!(parse(&body).unwrap().peers.len(), MAX_PEERS);
}

#[test]
fn a_refusal_is_told_in_clean_short_words() {
    assert_eq!(
        parse(b"d14:failure reason12:no\x1b[31m \xff\n!!e"),
        Err(TrackerError::Refused("no[31m \u{fffd}!!".to_owned()))
    );
    let long = format!("d14:failure reason5000:{}e", "x".repeat(5000));
    assert_eq!(parse(long.as_bytes()), Err(TrackerError::Refused("x".repeat(MAX_TEXT))));
}

#[test]
fn a_warning_id_and_counts_come_with_the_peers_in_any_order() {
    let body = b"d5:peers6:\x08\x08\x08\x08\x1a\xe110:tracker id3:abc15:warning message4:slow\
        8:completei3e10:incompletei-4ee";
    let answer = parse(body).unwrap();
    assert_eq!(answer.peers.len(), 1);
    assert_eq!(answer.tracker_id.as_deref(), Some(b"abc".as_slice()));
    assert_eq!(answer.warning.as_deref(), Some("slow"));
    assert_eq!((answer.seeders, answer.leechers), (Some(3), None));
}

#[test]
fn what_is_no_dictionary_is_malformed() {
    for body in [b"".as_slice(), b"<html>", b"li1ee", b"4:spam", b"d5:peers", b"i1e"] {
        assert!(matches!(parse(body), Err(TrackerError::Malformed(_))), "{body:?}");
    }
}
