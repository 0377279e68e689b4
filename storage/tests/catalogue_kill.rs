//! Hostile row 54: after `kill -9` in the middle of saves, all that was answered is there.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use bytes::Bytes;
use common::actor::{catalogue, run};
use common::record::record;
use storage::catalogue::actor::{FlushResume, LoadAll, Save, SaveResume};
use storage::catalogue::open;
use wire::{Bitfield, InfoHash, PieceIndex};

const DIR: &str = "MILLRACE_TEST_KILLED_DIR";

/// The process that is killed: saves without end and says each save that was answered.
#[test]
#[ignore = "started by the other test"]
fn child() {
    let Some(dir) = std::env::var_os(DIR).map(PathBuf::from) else {
        return;
    };
    run(async {
        let catalogue = catalogue(open(&dir).unwrap());
        for step in 0u64.. {
            let mut record = record((step % 10) as u8);
            record.uploaded = step;
            let metainfo = Some(Bytes::from(vec![step as u8; 5_000]));
            let mut have = Bitfield::none(1_000);
            for piece in 0..(step % 1_000) as u32 {
                have.set(PieceIndex(piece));
            }
            let info_hash = record.info_hash;
            catalogue.send(Save { record, metainfo }).await.unwrap().unwrap();
            catalogue.do_send(SaveResume { info_hash, have });
            catalogue.send(FlushResume).await.unwrap().unwrap();
            println!("saved {step}");
            std::io::stdout().flush().unwrap();
        }
    });
}

#[test]
fn what_was_answered_survives() {
    let dir = tempfile::tempdir().unwrap();
    for saves in [1, 7, 40, 13] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut answered = BTreeMap::new();
        let steps = lines.filter_map(|line| line.split("saved ").nth(1)?.parse::<u64>().ok());
        for step in steps.take(saves) {
            answered.insert((step % 10) as u8, step);
        }
        assert!(!answered.is_empty(), "the child saved nothing");
        // On Unix this is SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();

        let opened = open(dir.path()).unwrap();
        assert_eq!(opened.set_aside, None, "a killed writer leaves no broken database");
        let all = run(async { catalogue(opened).send(LoadAll).await.unwrap().unwrap() });
        for (number, step) in answered {
            let found = all.iter().find(|t| t.record.info_hash == InfoHash([number; 20])).unwrap();
            // Later saves may have got through, or not, but none by half.
            assert!(found.record.uploaded >= step);
            assert!(found.metainfo.iter().flatten().all(|b| *b == found.record.uploaded as u8));
            let have = found.have.as_ref().expect("it was flushed");
            assert_eq!(have.iter().count() as u32, have.count());
        }
    }
}
