//! UDP packets byte by byte (BEP 15, 41), both ways; HOSTILE 38 and 39 hold over UDP too.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use support::{FakeUdp, LOCAL, request, udp_answer, well_behaved};
use tracker::announce::{MAX_INTERVAL, MIN_INTERVAL};
use tracker::udp::packet::{self, Action, Awaited, ConnectionId, Reply, TransactionId};
use tracker::udp::url_data::{self, MAX_URL_DATA};
use tracker::{Client, Counts, Family, TrackerError};
use url::Url;
use wire::InfoHash;

const ID: ConnectionId = ConnectionId(0x0102_0304_0506_0708);
const TRANSACTION: TransactionId = TransactionId(0xa1b2_c3d4);

fn awaited(action: Action, family: Family) -> Awaited {
    Awaited { action, transaction: TRANSACTION, family }
}

#[test]
fn requests() {
    assert_eq!(
        packet::connect(TRANSACTION),
        b"\x00\x00\x04\x17\x27\x10\x19\x80\0\0\0\0\xa1\xb2\xc3\xd4"
    );
    let announce = [
        b"\x01\x02\x03\x04\x05\x06\x07\x08\0\0\0\x01\xa1\xb2\xc3\xd4".as_slice(),
        &[0xab; 20],
        b"-MR0100-abcdefghijkl",
        b"\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x01",
        b"\0\0\0\x02\0\0\0\0\0\0\xbe\xef\0\0\0\x32\x1a\xe1",
    ]
    .concat();
    assert_eq!(announce.len(), 98);
    assert_eq!(packet::announce(ID, TRANSACTION, &request(), b""), announce);
    let hashes = [InfoHash([1; 20]), InfoHash([2; 20])];
    let scrape = [
        b"\x01\x02\x03\x04\x05\x06\x07\x08\0\0\0\x02\xa1\xb2\xc3\xd4".as_slice(),
        &[1; 20],
        &[2; 20],
    ]
    .concat();
    assert_eq!(packet::scrape(ID, TRANSACTION, &hashes), scrape);
}

#[test]
fn answers() {
    let connected = b"\0\0\0\0\xa1\xb2\xc3\xd4\x01\x02\x03\x04\x05\x06\x07\x08";
    let read = awaited(Action::Connect, Family::V4).read(connected);
    assert_eq!(read, Some(Reply::Connected(ID)));

    let head = b"\0\0\0\x01\xa1\xb2\xc3\xd4\0\0\x03\x84\0\0\0\x02\0\0\0\x01".as_slice();
    let v4 = [head, b"\x08\x08\x08\x08\x1a\xe1\x01\x02\x03\x04\0\x50ragg"].concat();
    let announced = |peers: &[&str]| {
        let peers = peers.iter().map(|peer| peer.parse().unwrap()).collect();
        Some(Reply::Announced { interval: 900, seeders: Some(1), leechers: Some(2), peers })
    };
    let read = awaited(Action::Announce, Family::V4).read(&v4);
    assert_eq!(read, announced(&["8.8.8.8:6881", "1.2.3.4:80"]));
    let v6 =
        [head, b"\x26\x06\x47\x00\x47\x00\0\0\0\0\0\0\0\0\x11\x11\x1a\xe1ragged tail"].concat();
    let read = awaited(Action::Announce, Family::V6).read(&v6);
    assert_eq!(read, announced(&["[2606:4700:4700::1111]:6881"]));

    let scraped = b"\0\0\0\x02\xa1\xb2\xc3\xd4\0\0\0\x05\0\0\0\x09\0\0\0\x06";
    let counts = Counts { complete: 5, downloaded: 9, incomplete: 6 };
    let read = awaited(Action::Scrape, Family::V4).read(scraped);
    assert_eq!(read, Some(Reply::Scraped(vec![counts])));

    let refused = b"\0\0\0\x03\xa1\xb2\xc3\xd4no\x1b way";
    for action in [Action::Connect, Action::Announce, Action::Scrape] {
        let read = awaited(action, Family::V4).read(refused);
        assert_eq!(read, Some(Reply::Error("no way".to_owned())));
    }
}

#[test]
fn a_short_answer_is_none() {
    let answer = b"\0\0\0\x01\xa1\xb2\xc3\xd4\0\0\x03\x84\0\0\0\x02\0\0\0\x01";
    for length in 0..answer.len() {
        assert_eq!(awaited(Action::Announce, Family::V4).read(&answer[..length]), None);
    }
}

#[test]
fn path_and_query_go_into_options() {
    let options = |url: &str| url_data::options(&Url::parse(url).unwrap());
    assert_eq!(options("udp://t.test:1").unwrap(), b"");
    assert_eq!(options("udp://t.test:1/").unwrap(), b"");
    assert_eq!(options("udp://t.test:1/announce#x").unwrap(), b"\x02\x09/announce");
    assert_eq!(options("udp://t.test:1/a?pass=k").unwrap(), b"\x02\x09/a?pass=k");
    let long = options(&format!("udp://t.test:1/{}", "x".repeat(299))).unwrap();
    assert_eq!((long[0], long[1], long[257], long[258]), (2, 255, 2, 45));
    assert_eq!(long.len(), 300 + 4);
    let too_long = options(&format!("udp://t.test:1/{}", "x".repeat(MAX_URL_DATA)));
    assert!(matches!(too_long, Err(TrackerError::InvalidUrl(_))));
}

#[tokio::test]
async fn the_options_follow_the_announce() {
    let fake = FakeUdp::start(|_, datagram| vec![well_behaved(datagram)]).await;
    let url = format!("udp://{}/announce?passkey=1", fake.addr);
    Client::new(LOCAL).announce(&Url::parse(&url).unwrap(), &request()).await.unwrap();
    let announce = fake.asked().pop().unwrap();
    assert_eq!(&announce[98..], b"\x02\x13/announce?passkey=1");
}

#[tokio::test]
async fn hostile_38_and_39_intervals_are_clamped_and_peers_filtered() {
    for (told, taken) in
        [(0, MIN_INTERVAL), (-1, MIN_INTERVAL), (i32::MIN, MIN_INTERVAL), (i32::MAX, MAX_INTERVAL)]
    {
        let fake = FakeUdp::start(move |_, datagram| {
            if support::action(datagram) != 1 {
                return vec![well_behaved(datagram)];
            }
            let peers = b"\x08\x08\x08\x08\0\0\xe0\0\0\x01\x1a\xe1\x08\x08\x08\x08\x1a\xe1";
            let rest = [&told.to_be_bytes(), &[0xff; 8][..], peers].concat();
            vec![udp_answer(1, datagram, &rest)]
        })
        .await;
        let url = Url::parse(&fake.url()).unwrap();
        let answer = Client::new(LOCAL).announce(&url, &request()).await.unwrap().answer;
        assert_eq!((answer.interval, answer.min_interval), (taken, None), "{told}");
        assert_eq!(answer.peers, ["8.8.8.8:6881".parse().unwrap()]);
        assert_eq!((answer.seeders, answer.leechers), (None, None), "negative counts");
    }
}
