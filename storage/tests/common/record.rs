//! Records made up for tests.

use storage::catalogue::{KnownPeer, TorrentRecord};
use wire::InfoHash;

pub fn record(number: u8) -> TorrentRecord {
    TorrentRecord {
        info_hash: InfoHash([number; 20]),
        name: format!("torrent {number}"),
        added_at: u64::from(number),
        completed_at: number.is_multiple_of(2).then_some(99),
        watched_at: Some(98),
        paused: number == 1,
        priority: -1,
        selected: Some(vec![0, 2]),
        trackers: vec!["http://127.0.0.1/announce".into()],
        named_by_user: true,
        web_seeds: vec!["http://127.0.0.1/seed".into()],
        peers: vec![([127, 0, 0, 1], 6881).into()],
        known_peers: vec![KnownPeer {
            address: ([192, 0, 2, 1], 6881).into(),
            rate: 7,
            rtt_micros: 8,
            seen_at: 9,
        }],
        max_download_speed: 3,
        max_upload_speed: 4,
        uploaded: 5,
        downloaded: 6,
        save_path: "downloads".into(),
    }
}
