//! HOSTILE 37: a UDP answer of another transaction, action or source is no answer.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use support::{FakeUdp, LOCAL, action, request, udp_answer, well_behaved};
use tracker::Client;
use url::Url;

/// A peer no good tracker named.
const LIE: &[u8] = b"\0\0\x03\x84\0\0\0\0\0\0\0\0\x08\x08\x08\x08\0\x01";

async fn peers(fake: &FakeUdp) -> Vec<String> {
    let url = Url::parse(&fake.url()).unwrap();
    let announced = Client::new(LOCAL).announce(&url, &request()).await.unwrap();
    announced.answer.peers.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn another_transaction_is_ignored() {
    let fake = FakeUdp::start(|_, datagram| {
        let mut other = datagram.to_vec();
        other[15] ^= 1;
        let lie = udp_answer(action(datagram), &other, LIE);
        let refusal = udp_answer(3, &other, b"no");
        vec![lie, refusal, well_behaved(datagram)]
    })
    .await;
    assert_eq!(peers(&fake).await, ["127.0.0.1:6881"]);
}

#[tokio::test]
async fn another_action_is_ignored() {
    let fake = FakeUdp::start(|_, datagram| {
        let others = [0, 1, 2, 4, u32::MAX].into_iter().filter(|a| *a != action(datagram));
        let lies = others.map(|action| udp_answer(action, datagram, LIE));
        lies.chain([well_behaved(datagram)]).collect()
    })
    .await;
    assert_eq!(peers(&fake).await, ["127.0.0.1:6881"]);
}

#[tokio::test]
async fn a_short_answer_is_ignored() {
    let fake = FakeUdp::start(|_, datagram| {
        let whole = well_behaved(datagram);
        let least = if action(datagram) == 0 { 16 } else { 20 };
        let cut = (0..least).map(|length| whole[..length].to_vec());
        cut.chain([whole.clone()]).collect()
    })
    .await;
    assert_eq!(peers(&fake).await, ["127.0.0.1:6881"]);
}

#[tokio::test]
async fn another_source_is_ignored() {
    let tracker = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let stranger = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("udp://{}/announce", tracker.local_addr().unwrap())).unwrap();
    let asked = tokio::spawn(async move { Client::new(LOCAL).announce(&url, &request()).await });
    let mut buffer = [0; 2048];
    for _ in 0..2 {
        let (length, client) = tracker.recv_from(&mut buffer).await.unwrap();
        let datagram = &buffer[..length];
        // The stranger knows the transaction, and is first.
        let lie = udp_answer(action(datagram), datagram, LIE);
        stranger.send_to(&lie, client).await.unwrap();
        tracker.send_to(&well_behaved(datagram), client).await.unwrap();
        if action(datagram) == 1 {
            assert_eq!(&datagram[..8], 7u64.to_be_bytes(), "the stranger's id was not taken");
        }
    }
    let answer = asked.await.unwrap().unwrap().answer;
    assert_eq!(answer.peers, ["127.0.0.1:6881".parse().unwrap()]);
}
