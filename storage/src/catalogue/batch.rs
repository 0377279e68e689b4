//! Changes that are written in one transaction.

use std::collections::HashMap;

use bytes::Bytes;
use redb::Database;
use wire::{Bitfield, InfoHash};

use crate::catalogue::playback::{self, Watched};
use crate::catalogue::record::TorrentRecord;
use crate::catalogue::tables::{
    METAINFO, RESUME, SETTINGS, TORRENTS, WATCHED, encode_resume, json,
};

/// One change whose sender waits until it is durable.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// A record, and metainfo with a new one.
    Save(Box<TorrentRecord>, Option<Bytes>),
    /// A torrent is forgotten.
    Remove(InfoHash),
    /// A setting; `None` forgets it.
    Setting(String, Option<serde_json::Value>),
    /// How far somebody watched.
    Watched(Box<Watched>),
    /// Nobody watched anything.
    ForgetWatched,
}

/// Resume data not yet written, the latest of each torrent: bounded by their number.
pub(crate) type Resume = HashMap<InfoHash, Bitfield>;

/// Writes `changes` in order, then `resume`, in one durable transaction: all or nothing. Resume
/// data of a torrent that is not there (removed meanwhile) is left out.
pub(crate) fn write(
    database: &Database,
    changes: &[Change],
    resume: &Resume,
) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut torrents = transaction.open_table(TORRENTS)?;
        let mut metainfo = transaction.open_table(METAINFO)?;
        let mut resumes = transaction.open_table(RESUME)?;
        let mut settings = transaction.open_table(SETTINGS)?;
        let mut watched = transaction.open_table(WATCHED)?;
        for change in changes {
            match change {
                Change::Save(record, bytes) => {
                    torrents.insert(record.info_hash.0, json(record)?.as_slice())?;
                    if let Some(bytes) = bytes {
                        metainfo.insert(record.info_hash.0, &bytes[..])?;
                    }
                }
                Change::Remove(info_hash) => {
                    torrents.remove(info_hash.0)?;
                    metainfo.remove(info_hash.0)?;
                    resumes.remove(info_hash.0)?;
                }
                Change::Setting(key, Some(value)) => {
                    settings.insert(key.as_str(), json(value)?.as_slice())?;
                }
                Change::Setting(key, None) => {
                    settings.remove(key.as_str())?;
                }
                Change::Watched(row) => playback::save(&mut watched, row)?,
                Change::ForgetWatched => watched.retain(|_, _| false)?,
            }
        }
        for (info_hash, have) in resume {
            if redb::ReadableTable::get(&torrents, info_hash.0)?.is_some() {
                resumes.insert(info_hash.0, encode_resume(have).as_slice())?;
            }
        }
    }
    transaction.commit()?;
    Ok(())
}
