//! Who watched what, and how far.
//!
//! One table holds positions and history: a row for each file and viewer. A file's position is
//! that of the row changed last, whoever changed it.

use std::time::{Duration, SystemTime};

use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, Table};
use serde::{Deserialize, Serialize};
use wire::InfoHash;

use crate::catalogue::tables::{Key, WATCHED, json};

/// Rows kept; beyond it the oldest tenth goes.
pub const MAX_WATCHED: u64 = 2_000;

/// Key of a row: info hash, listed file, viewer.
pub(crate) type WatchedKey<'a> = (Key, u32, &'a str);

/// How far a viewer came in a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Watched {
    /// The torrent; in the key.
    #[serde(skip, default = "no_info_hash")]
    pub info_hash: InfoHash,
    /// The listed file's number; in the key.
    #[serde(skip)]
    pub file: u32,
    /// Who watched: a name the front gives, at most 64 bytes; in the key.
    #[serde(skip)]
    pub session: String,
    /// The torrent's name, which the history shows after the torrent is gone.
    pub title: String,
    /// A magnet link of it, to watch it again.
    pub magnet: String,
    /// From the film's start.
    pub position: Duration,
    /// How long the film is; `None` in a change leaves what is known.
    pub duration: Option<Duration>,
    /// When this viewer first watched it; that of the first change stays.
    pub watched_at: SystemTime,
    /// When the position was saved.
    pub updated_at: SystemTime,
}

fn no_info_hash() -> InfoHash {
    InfoHash([0; 20])
}

impl Watched {
    fn key(&self) -> WatchedKey<'_> {
        (self.info_hash.0, self.file, &self.session)
    }

    /// The row at `key`; `None` when it doesn't read, which costs no more than a position.
    fn of(key: WatchedKey<'_>, row: &[u8]) -> Option<Self> {
        let row: Self = serde_json::from_slice(row).ok()?;
        Some(Self { info_hash: InfoHash(key.0), file: key.1, session: key.2.to_owned(), ..row })
    }
}

/// Puts `new` over what its viewer had in its file, within [`MAX_WATCHED`] rows.
pub(crate) fn save(
    table: &mut Table<'_, WatchedKey<'static>, &'static [u8]>,
    new: &Watched,
) -> Result<(), redb::Error> {
    let before = table.get(new.key())?.and_then(|row| Watched::of(new.key(), row.value()));
    let mut row = new.clone();
    if let Some(before) = before {
        row.duration = row.duration.or(before.duration);
        row.watched_at = before.watched_at;
    }
    table.insert(row.key(), json(&row)?.as_slice())?;
    if table.len()? > MAX_WATCHED {
        let mut times = Vec::new();
        for row in table.iter()? {
            let (key, row) = row?;
            times.push(Watched::of(key.value(), row.value()).map(|row| row.updated_at));
        }
        times.sort_unstable();
        let oldest = times.get(times.len() / 10).copied().flatten();
        table.retain(|key, row| Watched::of(key, row).map(|row| row.updated_at) > oldest)?;
    }
    Ok(())
}

/// The row of a file that was changed last.
pub(crate) fn position(
    database: &Database,
    info_hash: InfoHash,
    file: u32,
) -> Result<Option<Watched>, redb::Error> {
    let table = database.begin_read()?.open_table(WATCHED)?;
    let mut latest: Option<Watched> = None;
    for row in table.range((info_hash.0, file, "")..)? {
        let (key, row) = row?;
        if (key.value().0, key.value().1) != (info_hash.0, file) {
            break;
        }
        let row = Watched::of(key.value(), row.value());
        if row.as_ref().map(|row| row.updated_at) > latest.as_ref().map(|row| row.updated_at) {
            latest = row;
        }
    }
    Ok(latest)
}

/// Every row, the one changed last first.
pub(crate) fn history(database: &Database) -> Result<Vec<Watched>, redb::Error> {
    let table = database.begin_read()?.open_table(WATCHED)?;
    let mut all = Vec::new();
    for row in table.iter()? {
        let (key, row) = row?;
        all.extend(Watched::of(key.value(), row.value()));
    }
    all.sort_by_key(|row| std::cmp::Reverse(row.updated_at));
    Ok(all)
}
