//! Records made up for tests.

use storage::catalogue::TorrentRecord;
use wire::InfoHash;

pub fn record(number: u8) -> TorrentRecord {
    TorrentRecord {
        info_hash: InfoHash([number; 20]),
        name: format!("torrent {number}"),
        added_at: u64::from(number),
        completed_at: number.is_multiple_of(2).then_some(99),
        paused: number == 1,
        priority: -1,
        selected: Some(vec![0, 2]),
        trackers: vec!["http://127.0.0.1/announce".into()],
        uploaded: 5,
        downloaded: 6,
        save_path: "downloads".into(),
    }
}
