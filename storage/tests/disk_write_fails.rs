//! Hostile row 53 without a full disk: writes that fail are tried again, nothing is lost. In a file
//! of its own because a fail point is one for the process.
#![cfg(feature = "failpoints")]

mod common;

use std::fs;

use common::actor::{Events, disk, run};
use common::{HASH, Sample};
use storage::disk::actor::{Flush, Write};
use storage::{Budget, PieceEvent};

#[test]
fn a_failing_write_is_tried_again() {
    let scenario = fail::FailScenario::setup();
    let dir = tempfile::tempdir().unwrap();
    let sample = Sample::one(100_000, 250_000);
    let budget = Budget::new(250_000);
    fail::cfg("disk::write", "return(ENOSPC)").unwrap();
    run(async {
        let (disk, mut events) = (disk(), Events::new());
        disk.send(events.files(&sample, dir.path())).await.unwrap().unwrap();
        for piece in sample.pieces() {
            let piece = sample.piece(&budget, piece);
            disk.do_send(Write { info_hash: HASH, piece, done: events.written.clone() });
        }
        events.until(|e| matches!(e, PieceEvent::DiskFailed { .. })).await;
        assert_eq!(budget.used(), budget.capacity());
        fail::remove("disk::write");
        events.until(|e| *e == PieceEvent::DiskRecovered).await;
        disk.send(Flush { info_hash: HASH }).await.unwrap().unwrap();
        assert!(fs::read(dir.path().join("film.mkv")).unwrap() == sample.data);
    });
    scenario.teardown();
}
