//! HOSTILE 40: spoofed, poisoned and oversized packets at the node's port, and a node in its
//! network that lies. Lookups still give the right answers, and memory does not grow.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use actix::prelude::*;
use dht::{Dht, Forget};
use support::{FILM, LIMIT, SEEDER, announced, config, ear, healthy, hungry, peers};
use wire::InfoHash;

/// Resident memory of this process in bytes.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

/// An answer to `get_peers` nobody asked for, which names one false peer and one false node.
fn unasked(transaction: u32) -> Vec<u8> {
    let mut packet = b"d1:rd2:id20:aaaaaaaaaaaaaaaaaaaa5:nodes26:bbbbbbbbbbbbbbbbbbbb".to_vec();
    packet.extend([127, 0, 0, 1, 0x1a, 0xe1]);
    packet.extend(b"5:token4:tttt6:valuesl6:\x7f\x00\x00\x01\x06\x66ee1:t4:");
    packet.extend(transaction.to_be_bytes());
    packet.extend(b"1:y1:re");
    packet
}

/// Packets of every bad kind.
fn packets() -> Vec<Vec<u8>> {
    let mut packets: Vec<Vec<u8>> = (0..200).map(unasked).collect();
    packets.extend([
        vec![],
        vec![0; 65_507],
        b"d1:ad2:id20:".repeat(5000),
        // Deep nesting, as a value that is read and as one that is skipped.
        b"l".repeat(2048),
        b"d1:a".repeat(512),
        [b"d1:y1:q1:q4:ping1:t4:aaaa1:x".as_slice(), &b"l".repeat(2000)].concat(),
        [b"d1:rd2:id".as_slice(), &b"l".repeat(2000)].concat(),
        b"d1:t4:aaaa1:y1:r1:rd2:id99999999999999999999:e".to_vec(),
        b"d1:t-4:aaaae".to_vec(),
        b"d1:ti99999999999999999999999e1:y1:qe".to_vec(),
        // Requests: an announce with a token it never gave, and one of an unknown method.
        b"d1:ad2:id20:aaaaaaaaaaaaaaaaaaaa9:info_hash20:ZZZZZZZZZZZZZZZZZZZZ4:porti666e5:token4:tttte1:q13:announce_peer1:t4:aaaa1:y1:qe".to_vec(),
        b"d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q5:hello1:t4:aaaa1:y1:qe".to_vec(),
        b"d1:eli201e1:ee1:t4:aaaa1:y1:ee".to_vec(),
    ]);
    packets
}

/// Sends them to `node` over and over, from two addresses; counts them.
fn flood(node: SocketAddr, stop: Arc<AtomicBool>, sent: Arc<AtomicUsize>) {
    let sockets = ["127.0.0.1:0", "127.0.0.2:0"].map(|from| UdpSocket::bind(from).unwrap());
    let packets = packets();
    while !stop.load(Ordering::Relaxed) {
        for packet in &packets {
            for socket in &sockets {
                sent.fetch_add(
                    usize::from(socket.send_to(packet, node).is_ok()),
                    Ordering::Relaxed,
                );
            }
        }
        // Some 40,000 packets/s: the node reads one a turn, and starves at a flood without a pause.
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn hostile_40_a_flood_of_bad_packets_changes_no_answer_and_takes_no_memory() {
    System::new().block_on(async {
        let (net, _announcer) = announced().await;

        let dht = Dht::new(config(&net.bootstrap)).start();
        let node = healthy(&dht, |health| health.nodes > 0).await.local_addr.unwrap();
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let flooding = {
            let (stop, sent) = (stop.clone(), sent.clone());
            std::thread::spawn(move || flood(node, stop, sent))
        };
        let mut before = 0;
        for round in 0..5_u8 {
            let (recipient, mut heard) = ear();
            dht.do_send(hungry(FILM, &recipient, None));
            assert_eq!(peers(&mut heard).await, [SEEDER.parse().unwrap()]);
            // A torrent that nobody has: every peer of it would be a false one.
            let (nobody, mut silence) = ear();
            let unknown = InfoHash([round; 20]);
            dht.send(hungry(unknown, &nobody, None)).await.unwrap();
            dht.send(Forget(unknown)).await.unwrap();
            dht.send(Forget(FILM)).await.unwrap();
            drop((recipient, nobody));
            assert_eq!(tokio::time::timeout(LIMIT, silence.recv()).await.unwrap(), None);
            while let Some(found) = heard.recv().await {
                assert_eq!(found.peers, [SEEDER.parse().unwrap()]);
            }
            if round == 1 {
                before = resident();
            }
        }
        let grown = resident().saturating_sub(before);
        stop.store(true, Ordering::Relaxed);
        flooding.join().unwrap();
        let sent = sent.load(Ordering::Relaxed);
        println!("{sent} packets, {grown} bytes more");
        assert!(sent > 10_000, "{sent}");
        assert!(grown < 8 << 20, "{grown} bytes after {sent} packets");
        let health = healthy(&dht, |_| true).await;
        assert_eq!((health.alive, health.restarts), (true, 0), "{health:?}");
    });
}
