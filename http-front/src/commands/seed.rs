//! `millrace seed`

use std::path::{Path, PathBuf};

use engine::view::Status;
use engine::{AddTorrent, Backing};
use wire::metainfo::MetainfoBuilder;

use crate::FrontError;
use crate::cli::{FindArgs, SeedArgs};
use crate::commands::create::tiers;
use crate::commands::hashing::Content;
use crate::commands::progress::Progress;
use crate::commands::runtime;
use crate::config::{self, Dht, Peers};
use crate::serve::{log_peer_port, start_engine};
use crate::settings::Settings;

/// Hashes what lies at the paths and serves it to peers until stopped.
///
/// # Errors
/// The files can't be read, or the engine not started.
pub fn run(args: &SeedArgs) -> Result<(), FrontError> {
    let trackers = tiers(&args.tracker)?;
    let torrents = args.paths.iter().map(|path| torrent(args, path, &trackers));
    let torrents = torrents.collect::<Result<Vec<_>, _>>()?;
    runtime::run(args.log.log.as_deref(), seed(args, torrents))
}

/// What lies at `path`, to be served from where it is.
fn torrent(
    args: &SeedArgs,
    path: &Path,
    trackers: &[Vec<String>],
) -> Result<AddTorrent, FrontError> {
    let content = Content::of(path, args.hidden)?;
    let progress = Progress::wanted(false);
    let hashed = progress.tell(content.total(), |done| content.hash(args.piece_length, done))?;
    let made = MetainfoBuilder { trackers: trackers.to_vec(), ..hashed }.build();
    let made =
        made.map_err(|error| FrontError::BadTorrent(format!("{}: {error}", path.display())))?;
    Ok(AddTorrent { save_path: Some(folder_of(path)?), ..AddTorrent::new(made) })
}

/// Where the file or folder lies: the root of what is served.
fn folder_of(path: &Path) -> Result<PathBuf, FrontError> {
    let whole = path.canonicalize().map_err(|source| FrontError::Io {
        what: format!("can't find {}", path.display()),
        source,
    })?;
    let nowhere = || FrontError::Config(format!("{} can't be seeded", path.display()));
    whole.parent().map(PathBuf::from).ok_or_else(nowhere)
}

/// Only who is asked to tells the world.
fn dht(args: &SeedArgs) -> Option<Dht> {
    let find = FindArgs {
        dht_port: args.dht_port,
        dht_bootstrap: args.dht_bootstrap.clone(),
        ..FindArgs::default()
    };
    config::dht_of(&find, args.peer_port)
}

async fn seed(args: &SeedArgs, torrents: Vec<AddTorrent>) -> Result<(), FrontError> {
    let scratch = tempfile::tempdir().map_err(|source| FrontError::Io {
        what: "can't make a temporary folder".into(),
        source,
    })?;
    let peers = Peers {
        port: args.peer_port,
        binds: args.peer_bind.clone(),
        allow_local: args.allow_local,
        dht: args.dht.then(|| dht(args)).flatten(),
    };
    let settings = Settings::without_trackers();
    let engine = start_engine(&peers, &settings, scratch.path(), Backing::Disk).await?;
    log_peer_port(&engine).await;
    for torrent in torrents {
        let view = engine.add(torrent).await?.view;
        println!("{}  {}", view.info_hash, view.name);
        if view.status == Status::Error {
            tracing::error!("{}: {}", view.name, view.error.unwrap_or_default());
        }
    }
    runtime::stop_asked().await?;
    engine.shutdown().await;
    Ok(())
}
