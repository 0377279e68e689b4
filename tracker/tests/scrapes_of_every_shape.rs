//! The scrape's URL by convention, and its answers (BEP 48).
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use tracker::scrape::{self, MAX_SCRAPE};
use tracker::{Counts, TrackerError};
use url::Url;
use wire::InfoHash;

const A: InfoHash = InfoHash([b'a'; 20]);
const B: InfoHash = InfoHash([b'b'; 20]);

fn url(announce: &str, hashes: &[InfoHash]) -> Result<String, TrackerError> {
    scrape::url(&Url::parse(announce).unwrap(), hashes).map(String::from)
}

#[test]
fn the_last_announce_becomes_scrape() {
    let none: [InfoHash; 0] = [];
    let cases = [
        ("http://t.test/announce", "http://t.test/scrape?"),
        ("http://t.test/x/announce", "http://t.test/x/scrape?"),
        ("http://t.test/announce.php", "http://t.test/scrape.php?"),
        ("http://t.test/announce?x=2#y", "http://t.test/scrape?x=2"),
        ("https://t.test/announce/announce", "https://t.test/announce/scrape?"),
    ];
    for (announce, scrape) in cases {
        assert_eq!(url(announce, &none).unwrap(), scrape);
    }
    for announce in ["http://t.test/a", "http://t.test/", "http://t.test/announce/x"] {
        assert_eq!(url(announce, &none), Err(TrackerError::NoScrape), "{announce}");
    }
    let two = url("http://t.test/announce?pass=1", &[A, InfoHash([0xff; 20])]).unwrap();
    let (a, ff) = ("a".repeat(20), "%FF".repeat(20));
    assert_eq!(two, format!("http://t.test/scrape?pass=1&info_hash={a}&info_hash={ff}"));
    let many = url("http://t.test/announce", &[A; MAX_SCRAPE + 9]).unwrap();
    assert_eq!(many.matches("info_hash=").count(), MAX_SCRAPE);
}

#[test]
fn counts_of_those_asked_for_in_any_order() {
    let body = b"d5:filesd20:bbbbbbbbbbbbbbbbbbbbd10:incompletei2e8:completei1ee\
        20:aaaaaaaaaaaaaaaaaaaad8:completei-5e10:downloadedi7eee5:flagsd20:min_request_intervali1eee";
    let b = Counts { complete: 1, incomplete: 2, downloaded: 0 };
    let a = Counts { complete: 0, incomplete: 0, downloaded: 7 };
    let unknown = InfoHash([b'c'; 20]);
    assert_eq!(scrape::parse(body, &[A, unknown, B]).unwrap(), [(A, a), (B, b)]);
}

#[test]
fn refusals_and_nonsense_are_typed() {
    let refused = scrape::parse(b"d14:failure reason2:noe", &[A]);
    assert_eq!(refused, Err(TrackerError::Refused("no".to_owned())));
    for body in [b"".as_slice(), b"de", b"d5:filesi1ee", b"<html>", b"le"] {
        let parsed = scrape::parse(body, &[A]);
        assert!(matches!(parsed, Err(TrackerError::Malformed(_))), "{body:?}");
    }
}
