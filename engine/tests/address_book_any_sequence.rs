//! For any sequence of events: the book keeps its caps, dials nobody twice at once, nobody banned
//! and no network too often.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use engine::swarm::address_book::{AddressBook, DIALS_PER_PREFIX, Ending, Prefix, Source};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Add(Vec<(u16, u8)>, u8),
    Listens(u16),
    Dial(usize),
    Failed(u16),
    Connected(u16),
    Closed(u16, bool, u64),
    Ban(u16),
    Hurry,
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let host = 0..600_u16;
    prop_oneof![
        4 => (prop::collection::vec((0..600_u16, 0..4_u8), 1..400), 0..5_u8)
            .prop_map(|(who, source)| Step::Add(who, source)),
        1 => host.clone().prop_map(Step::Listens),
        4 => (0..40_usize).prop_map(Step::Dial),
        2 => host.clone().prop_map(Step::Failed),
        2 => host.clone().prop_map(Step::Connected),
        2 => (host.clone(), any::<bool>(), 0..2_u64).prop_map(|(h, f, b)| Step::Closed(h, f, b)),
        1 => host.prop_map(Step::Ban),
        1 => Just(Step::Hurry),
        2 => (0..900_u64).prop_map(Step::Pass),
    ]
}

/// Three networks of two hundred hosts, some with several ports.
fn address(host: u16, port: u8) -> SocketAddr {
    ([60, 0, (host / 200) as u8, (host % 200) as u8], 1000 + u16::from(port)).into()
}

fn source(n: u8) -> Source {
    use Source::{Dht, Incoming, Pex, Tracker, User};
    [Pex, Dht, Tracker, Incoming, User][usize::from(n)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn the_rules_hold(steps in prop::collection::vec(step(), 1..60)) {
        let (mut book, mut now) = (AddressBook::new(false, 7), Instant::now());
        let (mut dialing, mut banned) = (HashSet::new(), HashSet::new());
        let mut of_user = 0;
        for step in steps {
            match step {
                Step::Add(who, from) => {
                    for (host, port) in who {
                        let new = book.add(address(host, port), source(from), now);
                        of_user += usize::from(new && source(from) == Source::User);
                    }
                }
                Step::Listens(host) => {
                    let ip = address(host, 0).ip();
                    if let Some(at) = book.listens(ip, 1000, now) {
                        dialing.remove(&at);
                    }
                }
                Step::Dial(places) => {
                    let taken = book.take_due(now, places);
                    prop_assert!(taken.len() <= places);
                    for at in taken {
                        prop_assert!(!banned.contains(&at.ip()), "{at} is banned");
                        prop_assert!(dialing.insert(at), "{at} is being dialled");
                    }
                }
                Step::Failed(host) => {
                    book.failed(address(host, 0), now);
                    dialing.remove(&address(host, 0));
                }
                Step::Connected(host) => {
                    book.connected(address(host, 0), now);
                    dialing.remove(&address(host, 0));
                }
                Step::Closed(host, fault, got) => {
                    book.closed(address(host, 0), now, Ending { fault, got, ..Ending::default() });
                    dialing.remove(&address(host, 0));
                }
                Step::Ban(host) => {
                    let at = address(host, 9);
                    book.ban(at);
                    banned.insert(at.ip());
                    dialing.retain(|known: &SocketAddr| known.ip() != at.ip());
                }
                Step::Hurry => book.hurry(now),
                Step::Pass(seconds) => now += Duration::from_secs(seconds),
            }
            prop_assert!(book.len() <= 3 * 50 + of_user, "{} addresses", book.len());
            let mut dials: HashMap<Prefix, usize> = HashMap::new();
            for at in &dialing {
                *dials.entry(Prefix::of(at.ip())).or_default() += 1;
            }
            prop_assert!(dials.values().all(|count| *count <= DIALS_PER_PREFIX), "{dials:?}");
        }
    }
}
