//! Bodies of the fuzz targets under `fuzz/`; tests run them too.

use crate::catalogue::record::TorrentRecord;
use crate::catalogue::tables::{decode_resume, encode_resume};

/// A value of the catalogue's `resume` table: read or refused, and what is read writes the same
/// bytes again.
pub fn resume(value: &[u8]) {
    if let Some(have) = decode_resume(value) {
        assert_eq!(encode_resume(&have), value);
    }
}

/// A value of the catalogue's `torrents` table: read or refused, and what is read is written and
/// read alike.
pub fn record(value: &[u8]) {
    if let Ok(record) = serde_json::from_slice::<TorrentRecord>(value) {
        let again =
            serde_json::to_vec(&record).ok().and_then(|json| serde_json::from_slice(&json).ok());
        assert_eq!(Some(record), again);
    }
}
