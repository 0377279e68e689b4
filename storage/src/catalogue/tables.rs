//! The catalogue's tables, and reading them whole.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `meta` | `schema` | version, u32 |
//! | `torrents` | info hash | [`TorrentRecord`] as JSON |
//! | `metainfo` | info hash | the .torrent file's bytes |
//! | `resume` | info hash | number of pieces (u32, little-endian), then the bits as in BEP 3 |
//! | `settings` | name | JSON |
//! | `watched` | info hash, file, viewer | [`Watched`](crate::catalogue::Watched) as JSON |

use std::collections::BTreeMap;

use bytes::Bytes;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use wire::{Bitfield, InfoHash};

use crate::catalogue::playback::WatchedKey;
use crate::catalogue::record::{StoredTorrent, TorrentRecord};

/// Version of the tables this program writes.
pub const SCHEMA: u32 = 1;

pub(crate) type Key = [u8; 20];

const META: TableDefinition<&str, u32> = TableDefinition::new("meta");
pub(crate) const TORRENTS: TableDefinition<Key, &[u8]> = TableDefinition::new("torrents");
pub(crate) const METAINFO: TableDefinition<Key, &[u8]> = TableDefinition::new("metainfo");
pub(crate) const RESUME: TableDefinition<Key, &[u8]> = TableDefinition::new("resume");
pub(crate) const SETTINGS: TableDefinition<&str, &[u8]> = TableDefinition::new("settings");
pub(crate) const WATCHED: TableDefinition<WatchedKey<'static>, &[u8]> =
    TableDefinition::new("watched");

/// The schema version found, after making whatever table was not there.
pub(crate) fn prepare(database: &Database) -> Result<u32, redb::Error> {
    let write = database.begin_write()?;
    let found = make_tables(&write)?;
    write.commit()?;
    Ok(found)
}

fn make_tables(write: &WriteTransaction) -> Result<u32, redb::Error> {
    let mut meta = write.open_table(META)?;
    let found = meta.get("schema")?.map(|version| version.value());
    if found.is_none() {
        meta.insert("schema", SCHEMA)?;
    }
    write.open_table(TORRENTS)?;
    write.open_table(METAINFO)?;
    write.open_table(RESUME)?;
    write.open_table(SETTINGS)?;
    write.open_table(WATCHED)?;
    Ok(found.unwrap_or(SCHEMA))
}

/// Every torrent, oldest first. A record that does not read is left out and said in the log: the
/// others are no less good for it.
pub(crate) fn load_torrents(database: &Database) -> Result<Vec<StoredTorrent>, redb::Error> {
    let read = database.begin_read()?;
    let metainfo = read.open_table(METAINFO)?;
    let resume = read.open_table(RESUME)?;
    let mut all = Vec::new();
    for entry in read.open_table(TORRENTS)?.iter()? {
        let (key, json) = entry?;
        let info_hash = InfoHash(key.value());
        let record = serde_json::from_slice::<TorrentRecord>(json.value());
        let record = match record {
            Ok(record) => TorrentRecord { info_hash, ..record },
            Err(error) => {
                tracing::warn!(%info_hash, %error, "a torrent in the catalogue doesn't read; left out");
                continue;
            }
        };
        let bytes = metainfo.get(key.value())?;
        let have = resume.get(key.value())?;
        all.push(StoredTorrent {
            record,
            metainfo: bytes.map(|bytes| Bytes::copy_from_slice(bytes.value())),
            have: have.and_then(|have| decode_resume(have.value())),
        });
    }
    all.sort_by_key(|torrent| torrent.record.added_at);
    Ok(all)
}

/// Every setting that reads.
pub(crate) fn load_settings(
    database: &Database,
) -> Result<BTreeMap<String, serde_json::Value>, redb::Error> {
    let read = database.begin_read()?;
    let mut all = BTreeMap::new();
    for entry in read.open_table(SETTINGS)?.iter()? {
        let (key, json) = entry?;
        if let Ok(value) = serde_json::from_slice(json.value()) {
            all.insert(key.value().to_owned(), value);
        }
    }
    Ok(all)
}

/// A value that is JSON.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, redb::Error> {
    serde_json::to_vec(value).map_err(|error| redb::Error::Io(error.into()))
}

/// A value of `resume`.
pub(crate) fn encode_resume(have: &Bitfield) -> Vec<u8> {
    let mut value = have.pieces().to_le_bytes().to_vec();
    value.extend_from_slice(have.as_wire());
    value
}

/// The bitfield in a value of `resume`; `None` when it is not one.
pub fn decode_resume(value: &[u8]) -> Option<Bitfield> {
    let (pieces, bits) = value.split_first_chunk()?;
    Bitfield::from_wire(bits, u32::from_le_bytes(*pieces))
}
