//! `millrace play`

use std::io::{IsTerminal, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use engine::view::TorrentView;
use engine::{AddTorrent, EngineError};
use tokio::process::{Child, Command};
use wire::InfoHash;

use crate::FrontError;
use crate::cli::{PlayArgs, Player};
use crate::commands::inspect::plain;
use crate::commands::runtime;
use crate::commands::source::Source;
use crate::config::{self, Config, Peers};
use crate::media::types;
use crate::routes::shape::stream_url;
use crate::serve::{self, Running};
use crate::server::listen::Wish;
use crate::tools::in_path;

/// How often progress is told.
const PERIOD: Duration = Duration::from_secs(1);

/// Streams one torrent and opens a player; ends when the player does, or when stopped.
///
/// # Errors
/// The torrent can't be read, or the server not started.
pub fn run(args: &PlayArgs) -> Result<(), FrontError> {
    let add = match Source::read(&args.source)? {
        Source::File(metainfo) => AddTorrent::new(*metainfo),
        Source::Magnet(magnet) => AddTorrent::magnet(magnet),
    };
    let add = AddTorrent { peers: args.peer.clone(), ..add };
    let config = Config {
        bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        wish: Wish::Explicit,
        peers: Peers {
            port: args.peer_port,
            allow_local: args.allow_local,
            dht: config::dht_of(&args.find, args.peer_port),
            ..Peers::default()
        },
        settings: config::settings_of(&args.find)?,
        ..Config::local(args.data_dir.clone().unwrap_or_else(|| "data".into()))
    };
    // The terminal belongs to the progress line.
    let log = args.log.log.as_deref().or(Some("warn"));
    runtime::run(log, async {
        let running = serve::start(&config).await?;
        let hash = running.engine.add(add).await?.view.info_hash;
        let Some(view) = known(&running, hash).await? else {
            running.shut_down().await;
            return Ok(());
        };
        let index = choose(&view, args.file)?;
        let url = format!("http://{}{}", running.address, stream_url(hash, index));
        println!("{url}");
        let player = open(args.player, &url)?;
        watch(&running, hash, index, player).await?;
        running.shut_down().await;
        Ok(())
    })
}

/// The torrent once its metadata is known; `None` when somebody says stop before.
async fn known(running: &Running, hash: InfoHash) -> Result<Option<TorrentView>, FrontError> {
    let asked = async {
        let mut told = String::new();
        loop {
            match running.engine.metadata(hash, PERIOD).await {
                Err(error @ (EngineError::NoPeers(_) | EngineError::MetadataTimeout { .. })) => {
                    waiting(&running.engine.torrent(hash).await?, &error, &mut told);
                }
                other => return Ok::<_, FrontError>(other?),
            }
        }
    };
    let view = tokio::select! {
        stopped = runtime::stop_asked() => stopped.map(|()| None),
        view = asked => view.map(Some),
    };
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
    view
}

/// Says what is missing: over and over on a terminal, else in the log when it changes.
fn waiting(view: &TorrentView, error: &EngineError, told: &mut String) {
    let reason = view.error.clone().unwrap_or_else(|| error.to_string());
    let peers = if view.peers == 1 { "peer" } else { "peers" };
    let line = format!("connecting: {} {peers}, waiting for the metadata ({reason})", view.peers);
    if std::io::stderr().is_terminal() {
        overwrite(&line);
    } else if *told != line {
        tracing::warn!("{line}");
        *told = line;
    }
}

fn choose(view: &TorrentView, wanted: Option<usize>) -> Result<usize, FrontError> {
    let files = view.files.iter().map(|file| (file.path.as_str(), file.length));
    let index = wanted.or_else(|| types::default_file(files)).unwrap_or(0);
    if index < view.files.len() {
        return Ok(index);
    }
    let count = view.files.len();
    Err(FrontError::Config(format!("--file {index}: the torrent has {count}, counted from 0")))
}

/// The player asked for; without a wish the first that is installed, or none.
fn open(wish: Option<Player>, url: &str) -> Result<Option<Child>, FrontError> {
    let named = |name: &str| in_path(name).map(|path| (path, name.to_owned()));
    let found: Option<(PathBuf, String)> = match wish {
        Some(Player::None) => return Ok(None),
        Some(Player::Mpv) => named("mpv"),
        Some(Player::Vlc) => named("vlc"),
        None => named("mpv").or_else(|| named("vlc")),
    };
    let Some((path, name)) = found else {
        return match wish {
            None => {
                tracing::warn!("neither mpv nor VLC is installed: open the URL in a player");
                Ok(None)
            }
            Some(wish) => Err(FrontError::Config(format!("{wish:?} is not installed"))),
        };
    };
    let mut player = Command::new(path);
    if name == "mpv" {
        // The terminal is the progress line's.
        player.args(["--input-terminal=no", "--msg-level=all=error"]);
    }
    let child = player.arg(url).stdin(Stdio::null()).kill_on_drop(true).spawn();
    child.map(Some).map_err(|source| FrontError::Io { what: format!("can't open {name}"), source })
}

/// Tells progress until the player closes or somebody says stop.
async fn watch(
    running: &Running,
    hash: InfoHash,
    index: usize,
    player: Option<Child>,
) -> Result<(), FrontError> {
    let closed = async {
        match player {
            Some(mut player) => player.wait().await,
            None => std::future::pending().await,
        }
    };
    let told = async {
        loop {
            tokio::time::sleep(PERIOD).await;
            match running.engine.torrent(hash).await {
                Ok(view) => tell(&view, index),
                Err(error) => return error,
            }
        }
    };
    let outcome = tokio::select! {
        stopped = runtime::stop_asked() => stopped,
        ended = closed => match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(FrontError::Player(status.to_string())),
            Err(error) => Err(FrontError::Player(error.to_string())),
        },
        error = told => Err(error.into()),
    };
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    outcome
}

fn tell(view: &TorrentView, index: usize) {
    let (done, of) = view.files.get(index).map_or((0, 0), |file| (file.downloaded, file.length));
    let percent = if of == 0 { 100.0 } else { 100.0 * done as f64 / of as f64 };
    let speed = view.download_speed as f64 / 1e6;
    let peers = if view.peers == 1 { "peer" } else { "peers" };
    let status = view.status.as_str();
    overwrite(&format!("{status} {percent:.1} %  {speed:.1} MB/s  {} {peers}", view.peers));
}

/// One line that is written over and over; only a terminal can show it. What a stranger wrote into
/// it does not steer the terminal.
fn overwrite(line: &str) {
    let mut terminal = std::io::stderr();
    if terminal.is_terminal() {
        // A terminal that went away misses nothing.
        let _ = write!(terminal, "\r{}\x1b[K", plain(line));
        let _ = terminal.flush();
    }
}
