//! The JSON of torrents and files, as `API.md` names its fields.

use std::time::SystemTime;

use axum::Json;
use engine::EngineError;
use engine::view::{FileView, Status, TorrentView, TrackerView};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;
use wire::InfoHash;

use crate::media::types::{self, Kind};

/// A success: the data in its envelope.
#[derive(Serialize, ToSchema)]
pub struct Success<T> {
    /// Always `true`.
    pub success: bool,
    /// What was asked for.
    pub data: T,
    /// What was done, where something was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// `{"success":true,"data":…}`
pub fn ok<T>(data: T) -> Json<Success<T>> {
    Json(Success { success: true, data, message: None })
}

/// `{"success":true,"data":…,"message":…}`
pub fn done<T>(data: T, message: String) -> Json<Success<T>> {
    Json(Success { success: true, data, message: Some(message) })
}

/// A torrent in the list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Brief {
    info_hash: String,
    name: String,
    status: &'static str,
    progress: String,
    peers: usize,
    download_speed: u64,
    upload_speed: u64,
    length: u64,
    downloaded: u64,
    added_at: String,
    completed_at: Option<String>,
}

impl From<&TorrentView> for Brief {
    fn from(view: &TorrentView) -> Self {
        Self {
            info_hash: view.info_hash.to_string(),
            name: view.name.clone(),
            status: view.status.as_str(),
            progress: progress(view),
            peers: view.peers,
            download_speed: view.download_speed,
            upload_speed: view.upload_speed,
            length: view.length,
            downloaded: view.downloaded,
            added_at: timestamp(view.added_at),
            completed_at: view.completed_at.map(timestamp),
        }
    }
}

/// Everything of one torrent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Full {
    info_hash: String,
    name: String,
    status: &'static str,
    progress: String,
    download_speed: u64,
    upload_speed: u64,
    /// Its own limits, beside those of the whole server; 0 is none.
    max_download_speed: u64,
    max_upload_speed: u64,
    downloaded: u64,
    uploaded: u64,
    length: u64,
    piece_length: u32,
    pieces: u32,
    num_peers: usize,
    /// Milliseconds until the selected files are whole at this speed.
    time_remaining: Option<u64>,
    added_at: String,
    completed_at: Option<String>,
    magnet_uri: String,
    files: Vec<File>,
    trackers: Vec<Tracker>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<&TorrentView> for Full {
    fn from(view: &TorrentView) -> Self {
        let (have, wanted) = view.selected;
        let left = wanted.saturating_sub(have);
        let time_remaining = match (view.status, left, view.download_speed) {
            _ if !view.metadata => None,
            (_, 0, _) => Some(0),
            (Status::Paused | Status::Error, ..) | (_, _, 0) => None,
            (_, left, speed) => Some(left.saturating_mul(1000) / speed),
        };
        Self {
            info_hash: view.info_hash.to_string(),
            name: view.name.clone(),
            status: view.status.as_str(),
            progress: progress(view),
            download_speed: view.download_speed,
            upload_speed: view.upload_speed,
            max_download_speed: view.limits.0,
            max_upload_speed: view.limits.1,
            downloaded: view.downloaded,
            uploaded: view.uploaded,
            length: view.length,
            piece_length: view.piece_length,
            pieces: view.pieces,
            num_peers: view.peers,
            time_remaining,
            added_at: timestamp(view.added_at),
            completed_at: view.completed_at.map(timestamp),
            magnet_uri: magnet(view, usize::MAX),
            files: files(view),
            trackers: view.trackers.iter().map(Tracker::from).collect(),
            error: view.error.clone(),
        }
    }
}

/// One tracker.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tracker {
    url: String,
    tier: usize,
    status: &'static str,
    peers: usize,
    /// Complete and incomplete peers, as the tracker counts them.
    seeders: Option<u64>,
    leechers: Option<u64>,
    /// Seconds until the next announce.
    next_announce: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<&TrackerView> for Tracker {
    fn from(view: &TrackerView) -> Self {
        Self {
            url: view.url.clone(),
            tier: view.tier,
            status: view.status,
            peers: view.peers,
            seeders: view.seeders,
            leechers: view.leechers,
            next_announce: view.next_announce.map(|after| after.as_secs()),
            error: view.error.clone(),
        }
    }
}

/// One file of a torrent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct File {
    index: usize,
    name: String,
    path: String,
    length: u64,
    /// Where it begins in the torrent's bytes, which pieces divide.
    offset: u64,
    downloaded: u64,
    progress: String,
    selected: bool,
    is_video: bool,
    is_audio: bool,
    is_subtitle: bool,
    mime: &'static str,
    stream_url: String,
}

/// Every listed file of a torrent.
pub fn files(view: &TorrentView) -> Vec<File> {
    view.files.iter().map(|file| self::file(view.info_hash, file)).collect()
}

fn file(info_hash: InfoHash, file: &FileView) -> File {
    let kind = types::kind(&file.path);
    File {
        index: file.index,
        name: name(file).to_owned(),
        path: file.path.clone(),
        length: file.length,
        offset: file.offset,
        downloaded: file.downloaded,
        progress: percent(file.downloaded, file.length),
        selected: file.selected,
        is_video: kind == Kind::Video,
        is_audio: kind == Kind::Audio,
        is_subtitle: kind == Kind::Subtitle,
        mime: types::by_name(&file.path).unwrap_or(types::OCTET_STREAM),
        stream_url: stream_url(info_hash, file.index),
    }
}

/// A file of a torrent by its number.
///
/// # Errors
/// It has none of that number.
pub fn file_of(view: &TorrentView, index: usize) -> Result<&FileView, EngineError> {
    let none = EngineError::NoSuchFile { info_hash: view.info_hash, files: view.files.len() };
    view.files.get(index).ok_or(none)
}

/// A file's own name.
pub fn name(file: &FileView) -> &str {
    file.path.rsplit('/').next().unwrap_or(&file.path)
}

/// The path that streams a file.
pub fn stream_url(info_hash: InfoHash, index: usize) -> String {
    format!("/stream/proxy/{info_hash}?fileIndex={index}")
}

/// RFC 3339, UTC, to the millisecond.
pub fn timestamp(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map(|stamp| format!("{stamp:.3}")).unwrap_or_default()
}

/// Progress of the selected files; of all of them when none is selected. What is not known yet has
/// none.
fn progress(view: &TorrentView) -> String {
    match view.selected {
        _ if !view.metadata => percent(0, 1),
        (_, 0) => percent(view.downloaded, view.length),
        (have, wanted) => percent(have, wanted),
    }
}

/// "0.00" to "100.00", the latter only when nothing is missing.
fn percent(have: u64, of: u64) -> String {
    let hundredths = match of {
        0 => 10_000,
        of => u128::from(have.min(of)) * 10_000 / u128::from(of),
    };
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A magnet link of a torrent, with so many of its trackers (BEP 9).
pub fn magnet(view: &TorrentView, trackers: usize) -> String {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut uri = format!("magnet:?xt=urn:btih:{}&dn={}", view.info_hash, encode(&view.name));
    for tracker in view.trackers.iter().take(trackers) {
        uri.push_str("&tr=");
        uri.push_str(&encode(&tracker.url));
    }
    uri
}
