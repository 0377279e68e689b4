//! What the engine tells of itself: plain values, ready for the API.

use std::time::{Duration, Instant, SystemTime};

pub use storage::cache::policy::Backing;
pub use storage::cache::{CacheStats, Hits};
use wire::InfoHash;

pub use crate::torrent::accounts::kind::Kind;

/// Where a torrent is in its life; `API.md`'s `status`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Others download first.
    Queued,
    /// No metadata, or no peer yet.
    Connecting,
    /// Files on disk are being hashed.
    Checking,
    /// Peers, but no byte flows.
    Connected,
    /// Bytes flow in.
    Downloading,
    /// All selected files are verified; nobody is served.
    Complete,
    /// Complete, and serves others.
    Seeding,
    /// Stopped by the user.
    Paused,
    /// Stopped by a failure; the reason is beside it.
    Error,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Connecting,
        Self::Checking,
        Self::Connected,
        Self::Downloading,
        Self::Complete,
        Self::Seeding,
        Self::Paused,
        Self::Error,
    ];

    /// The word the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Connecting => "connecting",
            Self::Checking => "checking",
            Self::Connected => "connected",
            Self::Downloading => "downloading",
            Self::Complete => "complete",
            Self::Seeding => "seeding",
            Self::Paused => "paused",
            Self::Error => "error",
        }
    }
}

/// Rank among background downloads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, PartialOrd, Ord)]
pub enum Priority {
    /// After the others.
    Low,
    /// As most.
    #[default]
    Normal,
    /// Before the others.
    High,
}

impl Priority {
    /// As it is stored: -1, 0 or 1.
    pub(crate) fn rank(self) -> i8 {
        match self {
            Self::Low => -1,
            Self::Normal => 0,
            Self::High => 1,
        }
    }

    pub(crate) fn from_rank(rank: i8) -> Self {
        match rank {
            ..0 => Self::Low,
            0 => Self::Normal,
            1.. => Self::High,
        }
    }
}

/// What there is to say of one torrent.
#[derive(Clone, Debug)]
pub struct TorrentView {
    /// Which.
    pub info_hash: InfoHash,
    /// The torrent's name.
    pub name: String,
    /// Where it is in its life.
    pub status: Status,
    /// Why, when `status` is `Error`; why there is no peer yet, when it is `Connecting`; that memory
    /// is too small for its pieces.
    pub error: Option<String>,
    /// Rank among background downloads.
    pub priority: Priority,
    /// Bytes of all listed files.
    pub length: u64,
    /// Verified bytes of listed files.
    pub downloaded: u64,
    /// Verified bytes of selected files, and how many there are to get: progress and time left.
    pub selected: (u64, u64),
    /// Bytes sent to peers since it was added.
    pub uploaded: u64,
    /// Bytes a second in, over about five seconds.
    pub download_speed: u64,
    /// Bytes a second out.
    pub upload_speed: u64,
    /// Its own limits, bytes a second in and out; 0 is none.
    pub limits: (u64, u64),
    /// Connected peers.
    pub peers: usize,
    /// Nominal piece length in bytes.
    pub piece_length: u32,
    /// Number of pieces.
    pub pieces: u32,
    /// Whether the metadata is known: without it there are no files, pieces or lengths.
    pub metadata: bool,
    /// When it was added.
    pub added_at: SystemTime,
    /// When the last selected byte was verified, if it was.
    pub completed_at: Option<SystemTime>,
    /// Tracker tiers and what they last said.
    pub trackers: Vec<TrackerView>,
    /// Every listed file.
    pub files: Vec<FileView>,
    /// A private torrent (BEP 27).
    pub private: bool,
}

/// One tracker of a torrent.
#[derive(Clone, Debug)]
pub struct TrackerView {
    /// Its announce URL.
    pub url: String,
    /// Its tier (BEP 12), from 0.
    pub tier: usize,
    /// `"waiting"`, `"announcing"`, `"working"` or `"failed"`.
    pub status: &'static str,
    /// Peers it named in its last answer.
    pub peers: usize,
    /// Complete and incomplete peers of the torrent, as it last counted them.
    pub seeders: Option<u64>,
    /// See [`Self::seeders`].
    pub leechers: Option<u64>,
    /// Until the next announce.
    pub next_announce: Option<Duration>,
    /// What went wrong last.
    pub error: Option<String>,
}

/// One listed file of a torrent.
#[derive(Clone, Debug)]
pub struct FileView {
    /// Its number in the API.
    pub index: usize,
    /// Path below the download folder, `/` between elements.
    pub path: String,
    /// Length in bytes.
    pub length: u64,
    /// Where it begins in the torrent's bytes: what pieces are counted in.
    pub offset: u64,
    /// Verified bytes.
    pub downloaded: u64,
    /// Whether the background downloads it.
    pub selected: bool,
    /// Where it lies on disk.
    pub location: std::path::PathBuf,
}

/// One live stream.
#[derive(Clone, Debug)]
pub struct StreamView {
    /// Unique in the process.
    pub id: u64,
    /// The torrent.
    pub info_hash: InfoHash,
    /// The file's number in the API.
    pub file_index: usize,
    /// The next byte of the file to go out.
    pub position: u64,
    /// Bytes handed to the connection so far.
    pub bytes_sent: u64,
    /// Verified bytes in a row from `position`.
    pub buffered_ahead: u64,
    /// Bytes of the verified pieces in memory that its window holds; one that several windows hold
    /// counts in each.
    pub ram_used: u64,
    /// What it is for.
    pub kind: Kind,
    /// When it was opened.
    pub started_at: SystemTime,
    /// Whether it waits for a piece, and for which.
    pub stalled: Option<String>,
    /// Bits a second its file is played at there, when that is known.
    pub bitrate: Option<u64>,
    /// Who reads, as the front put it in [`crate::OpenStream`].
    pub label: StreamLabel,
}

/// What the front knows of a reader; carried through so that one list tells all.
#[derive(Clone, Debug, Default)]
pub struct StreamLabel {
    /// Groups the connections of one viewer; empty where nobody watches.
    pub viewer: String,
    /// The client's address.
    pub client: String,
    /// The client's user agent.
    pub agent: String,
    /// Runs from the request through the cursor into the log.
    pub trace: String,
    /// When the request came: the first byte is reckoned from there.
    pub asked: Option<Instant>,
}

/// One supervised actor, or a kind of which there are many.
#[derive(Clone, Debug)]
pub struct ActorView {
    /// Its name, as in `ARCHITECTURE.md`.
    pub name: String,
    /// How many are alive.
    pub alive: usize,
    /// Restarts since the process began.
    pub restarts: u64,
    /// The last panic's message.
    pub last_error: Option<String>,
}

/// The process as a whole.
#[derive(Clone, Debug)]
pub struct EngineView {
    /// Every supervised actor.
    pub actors: Vec<ActorView>,
    /// Where verified pieces are kept.
    pub backing: Backing,
    /// Piece memory: its use, and where readers found their bytes.
    pub cache: CacheStats,
    /// Bytes on disk that belong to torrents, and bytes free there.
    pub disk: (u64, u64),
    /// The TCP port peers can reach.
    pub peer_port: u16,
    /// The DHT node.
    pub dht: DhtView,
}

/// What keeping to the limits of finished downloads removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cleaned {
    /// Files.
    pub files: usize,
    /// Bytes they took up on disk.
    pub bytes: u64,
}

/// The DHT node (BEP 5).
#[derive(Clone, Debug, Default)]
pub struct DhtView {
    /// Whether there is to be one.
    pub enabled: bool,
    /// Nodes in its routing table.
    pub nodes: usize,
    /// Whether it runs.
    pub alive: bool,
    /// What went wrong last.
    pub error: Option<String>,
}
