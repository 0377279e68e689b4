//! `millrace seed`

use std::collections::BTreeMap;
use std::path::PathBuf;

use engine::handle::AddTorrent;
use engine::view::Status;
use wire::Metainfo;
use wire::metainfo::MetainfoBuilder;

use crate::FrontError;
use crate::cli::SeedArgs;
use crate::commands::create::with_progress;
use crate::commands::hashing::Content;
use crate::commands::runtime;
use crate::serve::{EngineSettings, start_engine};

/// Hashes what lies at the paths and serves it to peers until stopped.
///
/// # Errors
/// The files can't be read, or the engine not started.
pub fn run(args: &SeedArgs) -> Result<(), FrontError> {
    let mut roots: BTreeMap<PathBuf, Vec<Metainfo>> = BTreeMap::new();
    for path in &args.paths {
        let content = Content::of(path)?;
        let hashed = with_progress(content.total(), |done| content.hash(args.piece_kib, done))?;
        let trackers = args
            .tracker
            .iter()
            .map(|tracker| vec![tracker.clone()])
            .collect();
        let made = MetainfoBuilder { trackers, ..hashed }.build();
        let made = made.map_err(|error| FrontError::BadTorrent(error.to_string()))?;
        roots.entry(folder_of(path)?).or_default().push(made);
    }
    runtime::run(args.log.log.as_deref(), seed(args, roots))
}

/// Where the file or folder lies: the root of what is served.
fn folder_of(path: &std::path::Path) -> Result<PathBuf, FrontError> {
    let whole = path.canonicalize().map_err(|source| FrontError::Io {
        what: format!("can't find {}", path.display()),
        source,
    })?;
    let nowhere = || FrontError::Config(format!("{} can't be seeded", path.display()));
    whole.parent().map(PathBuf::from).ok_or_else(nowhere)
}

/// One engine for each folder, on ports in a row.
async fn seed(args: &SeedArgs, roots: BTreeMap<PathBuf, Vec<Metainfo>>) -> Result<(), FrontError> {
    let scratch = tempfile::tempdir().map_err(|source| FrontError::Io {
        what: "can't make a temporary folder".into(),
        source,
    })?;
    let mut engines = Vec::new();
    for (number, (root, torrents)) in (0u16..).zip(roots) {
        let engine = start_engine(EngineSettings {
            data_dir: scratch.path().join(number.to_string()),
            download_dir: Some(root),
            peer_port: if args.peer_port == 0 {
                0
            } else {
                args.peer_port.saturating_add(number)
            },
            peer_binds: args.peer_bind.clone(),
            allow_local: args.allow_local,
        })
        .await?;
        for metainfo in torrents {
            let added = engine.add(plain(metainfo)).await?;
            let (hash, name) = (added.view.info_hash, &added.view.name);
            println!("{hash}  {name}");
            if added.view.status == Status::Error {
                tracing::error!("{name}: {}", added.view.error.unwrap_or_default());
            }
        }
        engines.push(engine);
    }
    runtime::stop_asked().await?;
    for engine in engines {
        engine.shutdown().await;
    }
    Ok(())
}

/// A torrent with nothing beside it.
pub(crate) fn plain(metainfo: Metainfo) -> AddTorrent {
    AddTorrent {
        metainfo,
        name: None,
        paused: false,
        selected: None,
        trackers: Vec::new(),
        peers: Vec::new(),
    }
}
