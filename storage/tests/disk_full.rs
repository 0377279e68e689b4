//! Hostile row 53: a full disk is told, nothing is lost, and writing goes on by itself.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

mod common;

use std::fs;
use std::process::Command;

use common::actor::{Events, disk, run};
use common::{HASH, Sample};
use storage::disk::actor::{Flush, Write};
use storage::{Budget, PieceEvent};

/// A file system of one megabyte; unmounted on drop. `None` where mounting is not allowed.
struct Tiny(tempfile::TempDir);

impl Tiny {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "none"]).arg(dir.path());
        mount.output().is_ok_and(|done| done.status.success()).then(|| Self(dir))
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(self.0.path()).output());
    }
}

#[test]
fn a_full_disk_is_told_and_writing_resumes_when_there_is_room() {
    let Some(tiny) = Tiny::mount() else {
        eprintln!("no tmpfs may be mounted here: the fail point's test covers the same path");
        return;
    };
    let ballast = tiny.0.path().join("ballast");
    fs::write(&ballast, vec![0; 700_000]).unwrap();
    let sample = Sample::one(100_000, 600_000);
    let budget = Budget::new(600_000);
    run(async {
        let (disk, mut events) = (disk(), Events::new());
        disk.send(events.files(&sample, tiny.0.path())).await.unwrap().unwrap();
        for piece in sample.pieces() {
            let piece = sample.piece(&budget, piece);
            disk.do_send(Write { info_hash: HASH, piece, done: events.written.clone() });
        }
        let told = events.until(|e| matches!(e, PieceEvent::DiskFailed { .. })).await;
        let Some(PieceEvent::DiskFailed { reason }) = told.last() else { unreachable!() };
        assert!(reason.contains("No space left"), "{reason}");
        assert!(budget.used() > 0, "what is not written is kept");
        let error = disk.send(Flush { info_hash: HASH }).await.unwrap().unwrap_err();
        assert!(error.to_string().contains("No space left"), "{error}");

        fs::remove_file(&ballast).unwrap();
        events.until(|e| *e == PieceEvent::DiskRecovered).await;
        disk.send(Flush { info_hash: HASH }).await.unwrap().unwrap();
        assert!(fs::read(tiny.0.path().join("film.mkv")).unwrap() == sample.data);
        assert_eq!(budget.used(), 0);
    });
}
