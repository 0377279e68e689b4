//! Opening the catalogue's file; setting aside one that is broken (hostile row 55).

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::Database;

use crate::catalogue::tables::{self, SCHEMA};
use crate::error::StorageError;

/// Name of the database in the data folder.
pub const FILE_NAME: &str = "millrace.redb";

/// Pages redb keeps in memory: what one transaction of ours touches, in bytes.
const CACHE_SIZE: usize = 1024 * 1024;

/// An open catalogue.
#[derive(Clone, Debug)]
pub struct Opened {
    pub(crate) database: Arc<Database>,
    /// Where a broken database was set aside, if there was one; a new one was made in its place.
    pub set_aside: Option<PathBuf>,
}

/// Opens the catalogue in the folder `dir`, making both when they are not there. Every page's
/// checksum is checked first; a database that is truncated, has flipped bits or is none is renamed
/// to `millrace.redb.broken-1` (or the next free number), and a new one made. Blocks.
///
/// # Errors
/// [`StorageError::InUse`] when another process has it open, [`StorageError::NewerSchema`] when a
/// newer version wrote it (it is left as it is), [`StorageError::Io`], [`StorageError::Catalogue`].
pub fn open(dir: &Path) -> Result<Opened, StorageError> {
    fs::create_dir_all(dir).map_err(|e| StorageError::io(dir, e))?;
    let path = dir.join(FILE_NAME);
    let reason = match try_open(&path) {
        Ok((database, schema)) if schema <= SCHEMA => {
            return Ok(Opened { database: Arc::new(database), set_aside: None });
        }
        Ok((_, found)) => {
            return Err(StorageError::NewerSchema { dir: dir.to_path_buf(), found, known: SCHEMA });
        }
        Err(Refusal::InUse) => return Err(StorageError::InUse(dir.to_path_buf())),
        Err(Refusal::Io(error)) => return Err(StorageError::io(path, error)),
        Err(Refusal::Broken(reason)) => reason,
    };
    let aside = set_aside(dir, &path)?;
    tracing::warn!(
        reason,
        set_aside = %aside.display(),
        "the catalogue is broken: set aside, and a new one made"
    );
    let (database, _) = try_open(&path).map_err(|e| StorageError::Catalogue(e.to_string()))?;
    Ok(Opened { database: Arc::new(database), set_aside: Some(aside) })
}

/// Why a file was not opened.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("in use")]
    InUse,
    #[error("{0}")]
    Io(std::io::Error),
    #[error("{0}")]
    Broken(String),
}

fn try_open(path: &Path) -> Result<(Database, u32), Refusal> {
    // redb would take an empty file for a new one, and nobody would learn of the loss.
    if fs::metadata(path).is_ok_and(|file| file.len() == 0) {
        return Err(Refusal::Broken("it is empty".to_owned()));
    }
    let attempt = || {
        let database = Database::builder()
            .set_cache_size(CACHE_SIZE)
            .set_check_integrity_on_open(true)
            .create(path)?;
        let schema = tables::prepare(&database)?;
        Ok::<_, redb::Error>((database, schema))
    };
    // redb promises an error for a file altered by others; it is not worth our life if it panics.
    match catch_unwind(AssertUnwindSafe(attempt)) {
        Ok(Ok(opened)) => Ok(opened),
        Ok(Err(error)) => Err(classify(error)),
        Err(_) => Err(Refusal::Broken("its content makes redb panic".to_owned())),
    }
}

fn classify(error: redb::Error) -> Refusal {
    match error {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => Refusal::InUse,
        // What a file that is no database, or is cut off, gives; others are the disk's fault.
        redb::Error::Io(e)
            if !matches!(
                e.kind(),
                std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof
            ) =>
        {
            Refusal::Io(e)
        }
        error => Refusal::Broken(error.to_string()),
    }
}

/// Renames the broken file to the first free name, durably.
fn set_aside(dir: &Path, path: &Path) -> Result<PathBuf, StorageError> {
    let names = (1u32..).map(|n| dir.join(format!("{FILE_NAME}.broken-{n}")));
    let mut free = names.filter(|name| fs::symlink_metadata(name).is_err());
    let aside = free.next().unwrap_or_else(|| path.with_extension("broken"));
    let renamed = fs::rename(path, &aside).and_then(|()| File::open(dir)?.sync_all());
    renamed.map_err(|e| StorageError::io(&aside, e))?;
    Ok(aside)
}
