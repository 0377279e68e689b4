//! Hostile row 6: writes stay below the download folder, symlinks are not followed; deletion takes
//! the torrent's files and nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

mod common;

use std::fs;
use std::os::unix::fs::symlink;

use common::actor::{Events, disk, run};
use common::{HASH, Sample, Spec};
use storage::disk::actor::{Delete, Flush, Write};
use storage::{Budget, StorageError};
use wire::ByteRange;

async fn write_all(sample: &Sample, root: &std::path::Path) -> Result<(), StorageError> {
    let (disk, events) = (disk(), Events::new());
    let reader = disk.send(events.files(sample, root)).await.unwrap().unwrap();
    let budget = Budget::new(sample.data.len() as u64);
    for piece in sample.pieces() {
        let piece = sample.piece(&budget, piece);
        disk.do_send(Write { info_hash: HASH, piece, done: events.written.clone() });
    }
    let flushed = disk.send(Flush { info_hash: HASH }).await.unwrap();
    if flushed.is_err() {
        let read = reader.read(ByteRange::new(0, 1)).await;
        assert!(matches!(read, Err(StorageError::Unsafe(_))), "{read:?}");
    } else {
        disk.send(Delete { info_hash: HASH }).await.unwrap().unwrap();
        let read = reader.read(ByteRange::new(0, 1)).await;
        assert!(matches!(read, Err(StorageError::Closed)), "{read:?}");
    }
    flushed
}

#[test]
fn a_symlinked_folder_or_file_is_not_written_through() {
    let sample = Sample::new(1000, &[Spec::File("film/a", 1500)]);
    for link_to_file in [false, true] {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let target = outside.path().join("a");
        fs::write(&target, "precious").unwrap();
        if link_to_file {
            fs::create_dir(root.path().join("film")).unwrap();
            symlink(&target, root.path().join("film/a")).unwrap();
        } else {
            symlink(outside.path(), root.path().join("film")).unwrap();
        }
        let refused = run(write_all(&sample, root.path())).unwrap_err();
        assert!(refused.to_string().contains("not a plain file"), "{refused}");
        assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    }
}

#[test]
fn deletion_takes_only_the_torrent_s_files_and_folders_then_empty() {
    let specs = [Spec::File("film/a", 500), Spec::File("film/x/y/b", 500), Spec::File("c", 0)];
    let sample = Sample::new(300, &specs);
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("film")).unwrap();
    fs::write(root.path().join("film/mine.txt"), "mine").unwrap();
    run(write_all(&sample, root.path())).unwrap();
    let left: Vec<_> = fs::read_dir(root.path().join("film")).unwrap().collect();
    assert_eq!(left.len(), 1, "only what is not the torrent's: {left:?}");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}
