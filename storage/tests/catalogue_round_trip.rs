//! What was saved is there after the catalogue is opened again; what was removed is not.

mod common;

use bytes::Bytes;
use common::actor::{catalogue, run};
use common::record::record;
use storage::StorageError;
use storage::catalogue::actor::{
    FlushResume, LoadAll, LoadSettings, PutSetting, Remove, Save, SaveResume,
};
use storage::catalogue::{StoredTorrent, open};
use wire::{Bitfield, InfoHash, PieceIndex};

fn some_of(pieces: u32) -> Bitfield {
    let mut have = Bitfield::none(pieces);
    have.set(PieceIndex(pieces / 2));
    have
}

#[test]
fn torrents_resume_data_and_settings_survive() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    run(async {
        let opened = open(&data).unwrap();
        assert_eq!(opened.set_aside, None);
        let catalogue = catalogue(opened);
        for number in [3, 1, 2] {
            let metainfo = Some(Bytes::from(vec![number; 3_000]));
            let save = Save { record: record(number), metainfo };
            catalogue.send(save).await.unwrap().unwrap();
        }
        let mut renamed = record(3);
        renamed.name = "renamed".into();
        catalogue.send(Save { record: renamed, metainfo: None }).await.unwrap().unwrap();
        for (number, pieces) in [(3, 70), (3, 71), (2, 9), (9, 9)] {
            let info_hash = InfoHash([number; 20]);
            catalogue.do_send(SaveResume { info_hash, have: some_of(pieces) });
        }
        catalogue.send(Remove { info_hash: InfoHash([2; 20]) }).await.unwrap().unwrap();
        for (key, value) in [("a", Some(1.into())), ("b", Some("x".into())), ("a", None)] {
            catalogue.send(PutSetting { key: key.into(), value }).await.unwrap().unwrap();
        }
        catalogue.send(FlushResume).await.unwrap().unwrap();
        let inside = open(&data).unwrap_err();
        assert!(matches!(&inside, StorageError::InUse(dir) if *dir == data), "{inside}");
        assert!(inside.to_string().contains(&data.display().to_string()));
    });
    run(async {
        let catalogue = catalogue(open(&data).unwrap());
        let all = catalogue.send(LoadAll).await.unwrap().unwrap();
        let stored = |number, name: &str, have| StoredTorrent {
            record: storage::catalogue::TorrentRecord { name: name.into(), ..record(number) },
            metainfo: Some(Bytes::from(vec![number; 3_000])),
            have,
        };
        let expected = [stored(1, "torrent 1", None), stored(3, "renamed", Some(some_of(71)))];
        assert_eq!(all, expected);
        let settings = catalogue.send(LoadSettings).await.unwrap().unwrap();
        assert_eq!(settings, [("b".to_owned(), "x".into())].into());
    });
}

#[test]
fn resume_data_is_written_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let catalogue = catalogue(open(dir.path()).unwrap());
        let metainfo = Some(Bytes::from_static(b"d"));
        catalogue.send(Save { record: record(1), metainfo }).await.unwrap().unwrap();
        let have = some_of(12);
        catalogue.do_send(SaveResume { info_hash: InfoHash([1; 20]), have: have.clone() });
        loop {
            let all = catalogue.send(LoadAll).await.unwrap().unwrap();
            if all[0].have.as_ref() == Some(&have) {
                break;
            }
            tokio::task::yield_now().await;
        }
    });
}
