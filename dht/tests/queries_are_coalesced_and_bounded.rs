//! The queue before the node: one query a torrent and kind, the latest wins, caps hold.

use dht::queries::{MAX_QUEUED, MAX_RUNNING, Queries, Query};
use wire::InfoHash;

fn lookup(torrent: u16, found: char) -> Query<char> {
    let mut hash = [0; 20];
    hash[..2].copy_from_slice(&torrent.to_be_bytes());
    Query::Lookup { info_hash: InfoHash(hash), found }
}

fn drain(queries: &mut Queries<char>) -> Vec<Query<char>> {
    let mut all = Vec::new();
    while let Some(query) = queries.start() {
        queries.finish(query.key());
        all.push(query);
    }
    all
}

#[test]
fn the_latest_of_those_waiting_wins_in_the_firsts_place() {
    let mut queries = Queries::default();
    queries.push(lookup(1, 'a'));
    queries.push(lookup(2, 'b'));
    queries.push(lookup(1, 'c'));
    assert_eq!(drain(&mut queries), [lookup(1, 'c'), lookup(2, 'b')]);
}

#[test]
fn one_that_runs_answers_for_a_second_but_not_for_an_announce() {
    let mut queries = Queries::default();
    queries.push(lookup(1, 'a'));
    let running = queries.start().unwrap();
    queries.push(lookup(1, 'b'));
    let announce = Query::Announce { info_hash: InfoHash([0; 20]), port: 1 };
    queries.push(announce.clone());
    assert_eq!(drain(&mut queries), [announce]);
    queries.finish(running.key());
    queries.push(lookup(1, 'b'));
    assert_eq!(drain(&mut queries), [lookup(1, 'b')]);
}

#[test]
fn no_more_than_the_caps_run_and_wait() {
    let mut queries = Queries::default();
    let many = (MAX_RUNNING + MAX_QUEUED + 10) as u16;
    for torrent in 0..many {
        queries.push(lookup(torrent, 'x'));
    }
    let running: Vec<_> = std::iter::from_fn(|| queries.start()).collect();
    assert_eq!(running.len(), MAX_RUNNING);
    let oldest = many - MAX_QUEUED as u16;
    assert_eq!(running[0], lookup(oldest, 'x'), "the oldest were dropped");
    running.iter().for_each(|query| queries.finish(query.key()));
    assert_eq!(drain(&mut queries).len(), MAX_QUEUED - MAX_RUNNING);
}

#[test]
fn what_was_interrupted_runs_again_first() {
    let mut queries = Queries::default();
    queries.push(lookup(1, 'a'));
    queries.start().unwrap();
    queries.push(lookup(2, 'b'));
    queries.interrupted();
    assert_eq!(drain(&mut queries), [lookup(1, 'a'), lookup(2, 'b')]);
}
