//! HOSTILE 33: of two connections with one peer exactly one stays, whoever looks; one address has
//! three places.

use std::net::SocketAddr;

use engine::swarm::admission::{Direction, PER_ADDRESS, Party, Verdict, admit};
use wire::PeerId;

const US: PeerId = PeerId([5; 20]);

fn party(key: u32, id: u8, host: u8, direction: Direction) -> Party<u32> {
    let address = SocketAddr::from(([198, 18, 0, host], key as u16));
    Party { key, id: PeerId([id; 20]), address, direction }
}

#[test]
fn both_ends_keep_the_same_one_of_two_connections() {
    use Direction::{Incoming, Outgoing};
    // Two peers dial each other at once. Each sees its own call first or the other's first.
    for (mine, theirs) in [(5, 9), (9, 5)] {
        for mine_first in [true, false] {
            for theirs_first in [true, false] {
                let keeps = |me: u8, other: u8, outgoing_first: bool| {
                    let calls = [party(1, other, 1, Outgoing), party(2, other, 1, Incoming)];
                    let (old, new) = if outgoing_first { (0, 1) } else { (1, 0) };
                    let present = [calls[old]];
                    match admit(PeerId([me; 20]), false, &calls[new], present.into_iter()) {
                        Verdict::Instead(_) => calls[new].direction,
                        verdict => {
                            assert_eq!(verdict, Verdict::Duplicate);
                            calls[old].direction
                        }
                    }
                };
                let here = keeps(mine, theirs, mine_first);
                let there = keeps(theirs, mine, theirs_first);
                assert_ne!(here, there, "one end's outgoing call is the other's incoming one");
            }
        }
    }
}

#[test]
fn dialled_by_the_same_side_the_older_one_stays() {
    for direction in [Direction::Incoming, Direction::Outgoing] {
        let present = [party(1, 9, 1, direction)];
        let newcomer = party(2, 9, 1, direction);
        assert_eq!(admit(US, false, &newcomer, present.into_iter()), Verdict::Duplicate);
    }
}

#[test]
fn a_borrowed_peer_id_drives_nobody_out() {
    let present = [party(1, 9, 1, Direction::Outgoing)];
    let thief = party(2, 9, 66, Direction::Incoming);
    assert_eq!(admit(US, false, &thief, present.into_iter()), Verdict::Duplicate);
}

#[test]
fn an_address_has_three_places() {
    let present = (0..PER_ADDRESS as u32).map(|n| party(n, n as u8 + 10, 1, Direction::Incoming));
    let fourth = party(9, 99, 1, Direction::Incoming);
    assert_eq!(admit(US, false, &fourth, present.clone()), Verdict::Crowd);
    assert_eq!(admit(US, true, &fourth, present.clone()), Verdict::Crowd);
    let neighbour = party(9, 99, 2, Direction::Incoming);
    assert_eq!(admit(US, false, &neighbour, present), Verdict::Welcome);
}

#[test]
fn loopback_has_more_where_local_peers_are_allowed() {
    let at = |port: u16| Party {
        key: u32::from(port),
        id: PeerId([port as u8; 20]),
        address: ([127, 0, 0, 1], port).into(),
        direction: Direction::Incoming,
    };
    let present = (10..50).map(at);
    assert_eq!(admit(US, true, &at(99), present.clone()), Verdict::Welcome);
    assert_eq!(admit(US, false, &at(99), present), Verdict::Crowd);
}
