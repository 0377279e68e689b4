//! `millrace demo`: a film, a tracker, peers and the server, all on this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::AtomicU64;

use engine::AddTorrent;
use tokio::process::{Child, Command};
use wire::Metainfo;
use wire::metainfo::MetainfoBuilder;

use crate::FrontError;
use crate::cli::DemoArgs;
use crate::commands::hashing::Content;
use crate::commands::{runtime, tracker};
use crate::config::{Config, DEFAULT_BIND, Peers};
use crate::serve;
use crate::server::listen::Wish;
use crate::tools::in_path;

/// Runs the demo until stopped.
///
/// # Errors
/// The film can't be made, or one of the parts not started.
pub fn run(args: &DemoArgs) -> Result<(), FrontError> {
    runtime::run(args.log.log.as_deref(), demo(args))
}

async fn demo(args: &DemoArgs) -> Result<(), FrontError> {
    let scratch = tempfile::tempdir().map_err(|source| io("can't make a folder", source))?;
    let folder = args.data_dir.clone().unwrap_or_else(|| scratch.path().to_path_buf());
    tracing::info!("making a film, which takes half a minute");
    let film = film(folder.join("film")).await?;
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let tracker = tracker::bind(local).await?;
    let metainfo = torrent(film.clone(), tracker.announce_url()).await?;
    let seeders = (0..args.seeders)
        .map(|_| seeder(&film, &tracker.announce_url()))
        .collect::<Result<Vec<_>, _>>()?;
    let running = serve::start(&Config {
        bind: args.bind.unwrap_or(DEFAULT_BIND),
        wish: if args.bind.is_some() { Wish::Explicit } else { Wish::Default },
        peers: Peers {
            port: 0,
            binds: vec![Ipv4Addr::LOCALHOST.into()],
            allow_local: true,
            dht: None,
        },
        ..Config::local(folder.join("server"))
    })
    .await?;
    let hash = running.engine.add(AddTorrent::new(metainfo)).await?.view.info_hash;
    let url = format!("http://{}/?play={hash}&file=0", running.address);
    tracing::info!("{} seeding processes; the film plays at {url}", seeders.len());
    println!("{url}");
    if !args.no_browser {
        open_browser(&url);
    }
    runtime::stop_asked().await?;
    running.shut_down().await;
    for mut seeder in seeders {
        // It may have ended by the same Ctrl-C.
        let _ = seeder.kill().await;
    }
    tracker.shutdown().await;
    Ok(())
}

async fn film(folder: PathBuf) -> Result<PathBuf, FrontError> {
    tokio::fs::create_dir_all(&folder).await.map_err(|source| io("can't make a folder", source))?;
    let made = tokio::task::spawn_blocking(move || fixtures::media::demo_film(&folder)).await;
    let made = made.map_err(|_| FrontError::Internal)?;
    made.map_err(|error| io("can't make a film", std::io::Error::other(error.to_string())))
}

async fn torrent(film: PathBuf, tracker: String) -> Result<Metainfo, FrontError> {
    let hash = move || {
        let hashed = Content::of(&film, false)?.hash(None, &AtomicU64::new(0))?;
        let built = MetainfoBuilder { trackers: vec![vec![tracker]], ..hashed }.build();
        built.map_err(|error| FrontError::BadTorrent(error.to_string()))
    };
    tokio::task::spawn_blocking(hash).await.map_err(|_| FrontError::Internal)?
}

/// A process of its own that seeds the film; it ends with us.
fn seeder(film: &Path, tracker: &str) -> Result<Child, FrontError> {
    let own = std::env::current_exe().map_err(|source| io("can't find ourselves", source))?;
    Command::new(own)
        .arg("seed")
        .arg(film)
        .args(["--tracker", tracker, "--peer-port", "0", "--peer-bind", "127.0.0.1"])
        .args(["--allow-local", "--log", "warn"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| io("can't start a seeder", source))
}

/// Opens the page if there is a display to show it on.
fn open_browser(url: &str) {
    let display =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    let Some(opener) = in_path("xdg-open").filter(|_| display) else {
        return;
    };
    if let Err(error) = Command::new(opener).arg(url).stdout(Stdio::null()).spawn() {
        tracing::info!(%error, "no browser opened");
    }
}

fn io(what: &str, source: std::io::Error) -> FrontError {
    FrontError::Io { what: what.into(), source }
}
