//! A small simulated swarm on a virtual clock: a blocked piece arrives at the sum of the peers'
//! rates, warm or cold, and after a seek too.
#![allow(clippy::unwrap_used, reason = "tests")]

mod picker_support;

use std::collections::VecDeque;
use std::time::Duration;

use engine::picker::{Action, Event};
use picker_support::{Bench, MIB};
use wire::{BLOCK_LEN, BlockRef, PieceIndex};

const STEP: f64 = 0.001;

/// Serves its requests in order at a fixed rate behind a fixed round trip.
struct Server {
    key: u64,
    rate: f64,
    rtt: f64,
    /// Requests and cancels on their way.
    wire: VecDeque<(f64, BlockRef, bool)>,
    queue: VecDeque<BlockRef>,
    sent: f64,
    /// Blocks on their way back.
    back: VecDeque<(f64, BlockRef)>,
}

struct Swarm {
    bench: Bench,
    servers: Vec<Server>,
    time: f64,
    steps: u64,
    /// Blocks that arrived, copies included.
    brought: usize,
}

impl Swarm {
    fn new(piece: u64, pieces: u64, peers: &[(f64, f64)]) -> Self {
        let mut swarm = Self {
            bench: Bench::new(piece, pieces),
            servers: Vec::new(),
            time: 0.0,
            steps: 0,
            brought: 0,
        };
        for (at, (rate, rtt)) in peers.iter().enumerate() {
            let key = at as u64;
            swarm.servers.push(Server {
                key,
                rate: *rate,
                rtt: *rtt,
                wire: VecDeque::new(),
                queue: VecDeque::new(),
                sent: 0.0,
                back: VecDeque::new(),
            });
            swarm.bench.seeder(key);
        }
        swarm.bench.send(Event::Window { ahead: 16 * MIB });
        swarm
    }

    fn deliver(&mut self, actions: Vec<Action>) {
        for action in actions {
            let (peer, blocks, ask) = match action {
                Action::Request { peer, blocks } => (peer, blocks, true),
                Action::Cancel { peer, blocks } => (peer, blocks, false),
                _ => continue,
            };
            let server = self.servers.iter_mut().find(|s| s.key == peer.0).unwrap();
            let at = self.time + server.rtt / 2.0;
            server.wire.extend(blocks.into_iter().map(|b| (at, b, ask)));
        }
    }

    fn step(&mut self) {
        self.time += STEP;
        self.steps += 1;
        self.bench.now += Duration::from_secs_f64(STEP);
        for at in 0..self.servers.len() {
            let (key, blocks) = self.servers[at].serve(self.time);
            self.brought += blocks.len();
            if !blocks.is_empty() {
                let actions = self.bench.bring(key, &blocks);
                self.deliver(actions);
            }
        }
        if self.steps.is_multiple_of(50) {
            let actions = self.bench.send(Event::Tick);
            self.deliver(actions);
        }
    }

    /// Seconds until the piece is verified.
    fn until(&mut self, piece: u32) -> f64 {
        let start = self.time;
        while !self.bench.verified.contains(&PieceIndex(piece)) {
            assert!(self.time - start < 60.0, "piece {piece} never came");
            self.step();
        }
        self.time - start
    }

    fn open(&mut self, at: u64) {
        let end = self.bench.geometry.total();
        let actions = self.bench.open(1, at..end);
        self.deliver(actions);
    }

    fn seek(&mut self, at: u64) {
        let actions = self.bench.go(1, at);
        self.deliver(actions);
    }
}

impl Server {
    fn serve(&mut self, time: f64) -> (u64, Vec<BlockRef>) {
        while self.wire.front().is_some_and(|w| w.0 <= time) {
            let Some((_, block, ask)) = self.wire.pop_front() else {
                break;
            };
            if ask {
                self.queue.push_back(block);
            } else if let Some(at) = self.queue.iter().position(|b| *b == block)
                && (at > 0 || self.sent == 0.0)
            {
                self.queue.remove(at);
            }
        }
        if !self.queue.is_empty() {
            self.sent += self.rate * STEP;
        }
        while self.sent >= f64::from(BLOCK_LEN) {
            match self.queue.pop_front() {
                Some(block) => self.back.push_back((time + self.rtt / 2.0, block)),
                None => break,
            }
            self.sent -= f64::from(BLOCK_LEN);
        }
        if self.queue.is_empty() {
            self.sent = 0.0;
        }
        let mut blocks = Vec::new();
        while self.back.front().is_some_and(|b| b.0 <= time) {
            blocks.extend(self.back.pop_front().map(|b| b.1));
        }
        (self.key, blocks)
    }
}

/// Least seconds in which these peers can bring `bytes`: each gives its rate after a round trip.
fn bound(peers: &[(f64, f64)], bytes: u64) -> f64 {
    let given = |t: f64| -> f64 { peers.iter().map(|(r, rtt)| (t - rtt).max(0.0) * r).sum() };
    let mut t = 0.0;
    while given(t) < bytes as f64 {
        t += STEP;
    }
    t
}

#[test]
fn a_seek_is_served_at_the_sum_of_the_rates() {
    let peers = [(500_000.0, 0.05); 8];
    let mut swarm = Swarm::new(MIB, 400, &peers);
    swarm.open(0);
    (0..5000).for_each(|_| swarm.step());
    let bound = bound(&peers, MIB);
    for target in [100, 300, 50, 200] {
        swarm.seek(target * MIB + 5);
        let took = swarm.until(target as u32);
        assert!(took < 1.5 * bound, "seek to {target}: {took:.3} s, bound {bound:.3} s");
        (0..3000).for_each(|_| swarm.step());
    }
}

#[test]
fn a_long_piece_comes_from_all_peers_and_slow_ones_do_not_hold_it_up() {
    let mut peers = vec![(1_000_000.0, 0.05); 2];
    peers.extend([(300_000.0, 0.08); 3]);
    peers.extend([(30_000.0, 0.2); 3]);
    let mut swarm = Swarm::new(16 * MIB, 40, &peers);
    swarm.bench.send(Event::Window { ahead: 64 * MIB });
    swarm.open(0);
    (0..8000).for_each(|_| swarm.step());
    swarm.seek(320 * MIB);
    let took = swarm.until(20);
    let bound = bound(&peers, 16 * MIB);
    assert!(took < 1.3 * bound, "{took:.3} s, bound {bound:.3} s");
}

#[test]
fn a_cold_start_opens_up_within_a_few_round_trips() {
    let peers = [(500_000.0, 0.05); 3];
    let mut swarm = Swarm::new(MIB, 40, &peers);
    swarm.open(0);
    let took = swarm.until(0);
    let bound = bound(&peers, MIB);
    assert!(took < bound + 4.0 * 0.05 + 0.1, "{took:.3} s, bound {bound:.3} s");
}

#[test]
fn the_link_stays_full_and_little_is_wasted() {
    let peers = [(2_000_000.0, 0.03), (500_000.0, 0.05), (100_000.0, 0.1), (10_000.0, 0.2)];
    let mut swarm = Swarm::new(256 * 1024, 4000, &peers);
    swarm.open(0);
    let end = swarm.bench.geometry.total();
    for _ in 0..20_000 {
        swarm.step();
        let first = (0..).find(|p| !swarm.bench.verified.contains(&PieceIndex(*p))).unwrap();
        let position = (u64::from(first) * 256 * 1024).min(end);
        let actions = swarm.bench.go(1, position);
        swarm.deliver(actions);
    }
    let useful = swarm.bench.verified.len() as f64 * 256.0 * 1024.0;
    let unfinished: usize = swarm.bench.here.values().map(|b| b.len()).sum();
    let blocks = swarm.bench.verified.len() * 16 + unfinished;
    let wasted = (swarm.brought - blocks) as f64 / blocks as f64;
    assert!(wasted < 0.05, "{wasted:.3} wasted");
    let sum: f64 = peers.iter().map(|p| p.0).sum();
    assert!(useful > 0.9 * sum * 20.0, "{:.2} of the link used", useful / (sum * 20.0));
}

#[test]
fn slow_peers_bring_what_a_fast_one_has_not() {
    let peers = [(5_000_000.0, 0.02), (20_000.0, 0.1), (20_000.0, 0.1)];
    let mut swarm = Swarm::new(64 * 1024, 2000, &peers);
    let mut most = wire::Bitfield::all(2000);
    most.clear(PieceIndex(100));
    swarm.bench.has(0, most);
    swarm.open(0);
    (0..1000).for_each(|_| swarm.step());
    swarm.seek(100 * 64 * 1024);
    let took = swarm.until(100);
    assert!(took < 5.0, "{took:.3} s");
}
