//! Commands and flags.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::piece_length::PieceLength;

/// Streams torrents over HTTP while they download.
#[derive(Parser, Debug)]
#[command(name = "millrace", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// Absent: `serve`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Flags of `serve`.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run the server (the default)
    Serve(ServeArgs),
    /// Stream one thing now
    Play(PlayArgs),
    /// Make a .torrent of a file or folder
    Create(CreateArgs),
    /// Seed files or folders from where they lie
    Seed(SeedArgs),
    /// Say what a .torrent or magnet link contains
    Inspect(InspectArgs),
    /// Say what a media file contains: container, tracks, chapters, keyframes
    Probe(ProbeArgs),
    /// Run a local tracker, HTTP and UDP on one port, with scrape and a status page
    Tracker(TrackerArgs),
    /// A film, a tracker, peers and the server, all on this machine
    #[cfg(feature = "lab")]
    Demo(DemoArgs),
    /// The swarm scenarios, simulated, as a table
    #[cfg(feature = "lab")]
    Lab(LabArgs),
    /// Print a shell's completions
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// What tells a log from silence.
#[derive(Args, Debug, Clone, Default)]
pub struct LogArgs {
    /// What to log, as `info`, `debug` or a filter like `engine=debug,info`
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
}

/// Where peers are found, beside what a torrent names.
#[derive(Args, Debug, Clone, Default)]
pub struct FindArgs {
    /// Stay out of the DHT
    #[arg(long)]
    pub no_dht: bool,
    /// UDP port of the DHT; 0 takes a free one [default: one above the peers' port]
    #[arg(long, value_name = "PORT")]
    pub dht_port: Option<u16>,
    /// Nodes to begin with instead of the well-known ones
    #[arg(long, value_name = "HOST:PORT", num_args = 1..)]
    pub dht_bootstrap: Vec<String>,
    /// Trackers added to public torrents, in place of the default ones
    #[arg(long, value_name = "URL", num_args = 1..)]
    pub trackers: Vec<String>,
    /// Add no trackers of ours to public torrents
    #[arg(long)]
    pub no_default_trackers: bool,
}

/// Flags of `serve`. A flag wins over its environment variable, and that over the file.
#[derive(Args, Debug, Clone, Default)]
pub struct ServeArgs {
    /// Where to answer HTTP [default: 127.0.0.1:8080, or the next free port]
    #[arg(long, value_name = "ADDR:PORT")]
    pub bind: Option<SocketAddr>,
    /// Where downloads and the catalogue lie [default: ./data]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where verified pieces are kept; `memory` never writes a torrent's bytes to disk and fetches
    /// again what its memory had no room for [default: disk]
    #[arg(long, value_name = "WHERE")]
    pub storage: Option<Backend>,
    /// Settings in YAML [default: millrace.yaml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// TCP port for peers; 0 takes a free one [default: 6881]
    #[arg(long, value_name = "PORT")]
    pub peer_port: Option<u16>,
    /// Addresses for peers [default: all, both families]
    #[arg(long, value_name = "ADDR", num_args = 1..)]
    pub peer_bind: Vec<std::net::IpAddr>,
    /// Let torrents name peers and trackers on loopback and private addresses
    #[arg(long)]
    pub allow_local: bool,
    /// Where else peers are found.
    #[command(flatten)]
    pub find: FindArgs,
    /// Ask for this user and the password of --password-file
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// A file with the password, in the clear or as an argon2 PHC string
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// A file with a token that programs send as a bearer
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Answer beyond loopback without a password
    #[arg(long)]
    pub insecure: bool,
    /// Host names we go by, beside localhost and literal addresses
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub allowed_host: Vec<String>,
    /// Origins whose pages may use the API
    #[arg(long, value_name = "URL", num_args = 1..)]
    pub allowed_origin: Vec<String>,
    /// Scheme, host and prefix of the links we hand out, behind a proxy
    #[arg(long, value_name = "URL")]
    pub public_base_url: Option<String>,
    /// ffmpeg, for what a player can't play as it is [default: the one in PATH]
    #[arg(long, value_name = "PATH")]
    pub ffmpeg: Option<PathBuf>,
    /// Leave sound as it is, even if the player doesn't know it
    #[arg(long)]
    pub no_transcode_audio: bool,
    /// What to log.
    #[command(flatten)]
    pub log: LogArgs,
}

/// Where verified pieces are kept.
#[derive(ValueEnum, serde::Deserialize, Debug, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// In files, and in memory around readers
    #[default]
    Disk,
    /// In memory alone
    Memory,
}

impl From<Backend> for engine::Backing {
    fn from(backend: Backend) -> Self {
        match backend {
            Backend::Disk => Self::Disk,
            Backend::Memory => Self::Memory,
        }
    }
}

/// Flags of `play`.
#[derive(Args, Debug)]
pub struct PlayArgs {
    /// A .torrent file, a magnet link or an info hash
    pub source: String,
    /// The file's number; the largest playable one when absent
    #[arg(long, value_name = "N")]
    pub file: Option<usize>,
    /// Which player to open [default: mpv, or vlc, if there is one]
    #[arg(long)]
    pub player: Option<Player>,
    /// Where downloads lie [default: ./data]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// TCP port for peers; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub peer_port: u16,
    /// Let the torrent name peers and trackers on loopback and private addresses
    #[arg(long)]
    pub allow_local: bool,
    /// Peers to ask at once
    #[arg(long, value_name = "ADDR:PORT", num_args = 1..)]
    pub peer: Vec<SocketAddr>,
    /// Where else peers are found.
    #[command(flatten)]
    pub find: FindArgs,
    /// What to log.
    #[command(flatten)]
    pub log: LogArgs,
}

/// A player we know how to open.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Player {
    /// mpv
    Mpv,
    /// VLC
    Vlc,
    /// Print the URL, open nothing
    None,
}

/// Flags of `create`.
#[derive(Args, Debug)]
pub struct CreateArgs {
    /// A file or folder
    pub path: PathBuf,
    /// The .torrent to write
    #[arg(short, long, value_name = "FILE.torrent")]
    pub output: PathBuf,
    /// Trackers to name, a tier each, the first asked first; those of one tier with commas
    #[arg(long, value_name = "URL[,URL]", num_args = 1..)]
    pub tracker: Vec<String>,
    /// Web seeds to name (BEP 19)
    #[arg(long, value_name = "URL", num_args = 1..)]
    pub web_seed: Vec<String>,
    /// Piece length, a power of two from 16K to 64M [default: by size]
    #[arg(long, value_name = "BYTES")]
    pub piece_length: Option<PieceLength>,
    /// Take files along whose names begin with a dot
    #[arg(long)]
    pub hidden: bool,
    /// Only the named trackers may tell of peers (BEP 27)
    #[arg(long)]
    pub private: bool,
    /// A word to whoever opens it
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// Print what was made as JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `seed`.
#[derive(Args, Debug)]
pub struct SeedArgs {
    /// Files or folders
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Trackers to announce to, a tier each; those of one tier with commas
    #[arg(long, value_name = "URL[,URL]", num_args = 1..)]
    pub tracker: Vec<String>,
    /// TCP port for peers; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 6881)]
    pub peer_port: u16,
    /// Addresses for peers [default: all, both families]
    #[arg(long, value_name = "ADDR", num_args = 1..)]
    pub peer_bind: Vec<std::net::IpAddr>,
    /// Let peers and trackers be on loopback and private addresses
    #[arg(long)]
    pub allow_local: bool,
    /// Tell the DHT too
    #[arg(long)]
    pub dht: bool,
    /// UDP port of the DHT; 0 takes a free one [default: one above the peers' port]
    #[arg(long, value_name = "PORT", requires = "dht")]
    pub dht_port: Option<u16>,
    /// Nodes of the DHT to begin with instead of the well-known ones
    #[arg(long, value_name = "HOST:PORT", num_args = 1.., requires = "dht")]
    pub dht_bootstrap: Vec<String>,
    /// Piece length, a power of two from 16K to 64M [default: by size]
    #[arg(long, value_name = "BYTES")]
    pub piece_length: Option<PieceLength>,
    /// Take files along whose names begin with a dot
    #[arg(long)]
    pub hidden: bool,
    /// What to log.
    #[command(flatten)]
    pub log: LogArgs,
}

/// Flags of `inspect`.
#[derive(Args, Debug)]
pub struct InspectArgs {
    /// A .torrent file, a magnet link or an info hash
    pub source: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `probe`.
#[derive(Args, Debug)]
pub struct ProbeArgs {
    /// A media file, or the http URL of one
    pub source: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `tracker`.
#[derive(Args, Debug)]
pub struct TrackerArgs {
    /// Where to answer; `[::]:6969` is every address of both families
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:6969")]
    pub bind: SocketAddr,
    /// What goes wrong on purpose, as `drop=0.1,delay=2s,error=text`: answers lost, late, refused
    #[arg(long, value_name = "FAULTS", default_value = "", hide_default_value = true)]
    pub fault: tracker::server::fault::Faults,
    /// What to log.
    #[command(flatten)]
    pub log: LogArgs,
}

/// Flags of `demo`.
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Where to answer HTTP [default: 127.0.0.1:8080, or the next free port]
    #[arg(long, value_name = "ADDR:PORT")]
    pub bind: Option<SocketAddr>,
    /// Where the film and the downloads go [default: a temporary folder, removed at the end]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Seeding processes
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub seeders: usize,
    /// Don't open a browser
    #[arg(long)]
    pub no_browser: bool,
    /// What to log.
    #[command(flatten)]
    pub log: LogArgs,
}

/// What a scenario is played against.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Against {
    /// Fake peers on TCP addresses of this machine
    Real,
}

/// Flags of `lab`.
#[derive(Args, Debug)]
pub struct LabArgs {
    /// S1 to S12, `all`, or .yaml files with scenarios of your own [default: all]
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// The first seed: equal seeds give equal output
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How many seeds, from the first on
    #[arg(long, value_name = "K", default_value_t = 1)]
    pub seeds: u64,
    /// millrace, libtorrent-like, rqbit-like, webtorrent-like [default: all]
    #[arg(long, value_name = "POLICY")]
    pub policy: Vec<String>,
    /// Over real sockets, in real time, by Millrace's engine alone
    #[arg(long, value_enum, conflicts_with = "policy")]
    pub against: Option<Against>,
    /// Let each scenario take so long, its events sooner or later in proportion
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub seconds: Option<u16>,
    /// Print a line of JSON a run
    #[arg(long)]
    pub json: bool,
}
