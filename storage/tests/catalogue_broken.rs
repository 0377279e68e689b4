//! Hostile row 55: a truncated or damaged database is set aside, never deleted, and a new one made.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

mod common;

use std::fs;
use std::path::Path;

use bytes::Bytes;
use common::actor::{catalogue, run};
use common::record::record;
use storage::catalogue::actor::{LoadAll, Save};
use storage::catalogue::open;

fn fill(dir: &Path) -> usize {
    run(async {
        let catalogue = catalogue(open(dir).unwrap());
        for number in 0..20 {
            let metainfo = Some(Bytes::from(vec![number; 20_000]));
            let save = Save { record: record(number), metainfo };
            catalogue.send(save).await.unwrap().unwrap();
        }
        catalogue.send(LoadAll).await.unwrap().unwrap().len()
    })
}

fn spoilt(spoil: impl Fn(&mut Vec<u8>)) {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(fill(dir.path()), 20);
    let path = dir.path().join("millrace.redb");
    for round in 1..=2 {
        let mut bytes = fs::read(&path).unwrap();
        spoil(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        let opened = open(dir.path()).unwrap();
        let aside = opened.set_aside.clone().expect("it is broken");
        assert_eq!(aside, dir.path().join(format!("millrace.redb.broken-{round}")));
        let kept = fs::metadata(&aside).unwrap().len();
        assert_eq!(kept, bytes.len() as u64, "set aside as it was");
        drop(opened);
        assert_eq!(fill(dir.path()), 20, "the new one works");
    }
}

#[test]
fn cut_to_half() {
    spoilt(|bytes| bytes.truncate(bytes.len() / 2));
}

#[test]
fn cut_to_nothing() {
    spoilt(Vec::clear);
}

#[test]
fn cut_within_the_header() {
    spoilt(|bytes| bytes.truncate(100));
}

#[test]
fn not_a_database() {
    spoilt(|bytes| bytes.fill(b'x'));
}

#[test]
fn a_flipped_bit_in_every_page_behind_the_header() {
    spoilt(|bytes| bytes.iter_mut().skip(4096 + 100).step_by(4096).for_each(|byte| *byte ^= 4));
}

#[test]
fn a_newer_schema_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());
    let path = dir.path().join("millrace.redb");
    let database = redb::Database::open(&path).unwrap();
    let write = database.begin_write().unwrap();
    let table: redb::TableDefinition<&str, u32> = redb::TableDefinition::new("meta");
    write.open_table(table).unwrap().insert("schema", 99).unwrap();
    write.commit().unwrap();
    drop(database);
    let error = open(dir.path()).unwrap_err();
    assert!(matches!(error, storage::StorageError::NewerSchema { found: 99, .. }), "{error}");
    assert!(path.exists() && fs::read_dir(dir.path()).unwrap().count() == 1);
}
