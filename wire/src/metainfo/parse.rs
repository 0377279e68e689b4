//! .torrent bytes to [`Metainfo`], and `info` bytes to [`Info`].

use bytes::Bytes;
use sha1::{Digest, Sha1};

use super::paths::{Places, safe_elements};
use super::{FileEntry, Info, MAX_FILES, Metainfo, MetainfoError};
use crate::bencode::{self, BencodeError, Dict, Limits, Value};
use crate::safe_name::safe_name;
use crate::{Geometry, InfoHash};

/// Trackers and web seeds kept of one torrent; the rest is ignored.
const MAX_URLS: usize = 256;
/// Longest URL kept.
const MAX_URL_BYTES: usize = 2048;
/// Longest comment or program name kept.
const MAX_TEXT_BYTES: usize = 16 * 1024;

impl Metainfo {
    /// Parses a .torrent file (BEP 3, 12, 19, 27, 47). The caller caps its size (10 MiB).
    ///
    /// # Errors
    /// [`MetainfoError`]: nothing is repaired that would change what the info hash stands for.
    pub fn parse(bytes: &[u8]) -> Result<Self, MetainfoError> {
        let root = bencode::read(bytes, Limits::METAINFO)?;
        let root = root.dict().ok_or(MetainfoError::Missing("info"))?;
        if root.count("info") > 1 {
            return Err(MetainfoError::Duplicate);
        }
        let info = root.get("info").and_then(Value::dict).ok_or(MetainfoError::Missing("info"))?;
        Ok(Self {
            info_hash: InfoHash(Sha1::digest(info.raw()).into()),
            info: Info::from_dict(info)?,
            info_bytes: Bytes::copy_from_slice(info.raw()),
            trackers: trackers(root),
            url_list: url_list(root),
            comment: text(root, "comment.utf-8").or_else(|| text(root, "comment")),
            created_by: text(root, "created by"),
            created_at: root.get("creation date").and_then(Value::int),
        })
    }

    /// A torrent from the bytes of its `info` dictionary, as BEP 9 delivers them, and what a magnet
    /// link says beside it: tiers of trackers (BEP 12) and web seeds (BEP 19).
    ///
    /// # Errors
    /// [`MetainfoError`], as [`Self::parse`]; also for bytes behind the dictionary, which the info
    /// hash would cover and no .torrent could hold.
    pub fn from_info(
        info_bytes: Bytes,
        trackers: Vec<Vec<String>>,
        url_list: Vec<String>,
    ) -> Result<Self, MetainfoError> {
        let root = bencode::read(&info_bytes, Limits::METAINFO)?;
        let info = root.dict().ok_or(MetainfoError::Missing("info"))?;
        if info.raw().len() != info_bytes.len() {
            return Err(BencodeError::UnexpectedByte.into());
        }
        Ok(Self {
            info_hash: InfoHash(Sha1::digest(&info_bytes).into()),
            info: Info::from_dict(info)?,
            trackers,
            url_list,
            comment: None,
            created_by: None,
            created_at: None,
            info_bytes: info_bytes.clone(),
        })
    }
}

impl Info {
    /// Parses the raw bytes of an `info` dictionary, as BEP 9 delivers them.
    ///
    /// # Errors
    /// [`MetainfoError`], as [`Metainfo::parse`].
    pub fn parse(raw: &[u8]) -> Result<Self, MetainfoError> {
        let info = bencode::read(raw, Limits::METAINFO)?;
        Self::from_dict(info.dict().ok_or(MetainfoError::Missing("info"))?)
    }

    fn from_dict(info: &Dict<'_>) -> Result<Self, MetainfoError> {
        if info.has_duplicates() {
            return Err(MetainfoError::Duplicate);
        }
        let hashes = match info.get("pieces").and_then(Value::bytes) {
            Some(hashes) => hashes,
            None if info.get("file tree").is_some() => return Err(MetainfoError::OnlyV2),
            None => return Err(MetainfoError::Missing("pieces")),
        };
        let piece_length = info
            .get("piece length")
            .and_then(Value::int)
            .ok_or(MetainfoError::Missing("piece length"))?;
        let raw_name = preferred(info, "name.utf-8", "name").unwrap_or_default();
        let name = safe_name(raw_name);
        let (multi_file, files) = match info.get("files") {
            Some(list) => {
                let list = list.list().ok_or(MetainfoError::Missing("files"))?;
                (true, several_files(list, &name)?)
            }
            None => (false, vec![one_file(info, raw_name, &name)?]),
        };
        let total = files.last().map_or(0, |file| file.offset + file.length);
        if total == 0 {
            return Err(MetainfoError::Empty);
        }
        let geometry = u32::try_from(piece_length)
            .ok()
            .and_then(|length| Geometry::new(length, total))
            .ok_or(MetainfoError::PieceLength(piece_length))?;
        let (piece_hashes, odd) = hashes.as_chunks::<20>();
        if piece_hashes.len() != geometry.pieces() as usize || !odd.is_empty() {
            return Err(MetainfoError::Hashes {
                found: piece_hashes.len(),
                expected: geometry.pieces() as usize,
            });
        }
        Ok(Self {
            name,
            geometry,
            piece_hashes: piece_hashes.to_vec(),
            files,
            private: info.get("private").and_then(Value::int) == Some(1),
            multi_file,
        })
    }
}

fn one_file(info: &Dict<'_>, raw_name: &[u8], name: &str) -> Result<FileEntry, MetainfoError> {
    let length = info.get("length").ok_or(MetainfoError::Missing("length")).and_then(length)?;
    Ok(FileEntry {
        path: name.into(),
        original: String::from_utf8_lossy(raw_name).into_owned(),
        offset: 0,
        length,
        pad: false,
        symlink: false,
    })
}

fn several_files(list: &[Value<'_>], folder: &str) -> Result<Vec<FileEntry>, MetainfoError> {
    if list.len() > MAX_FILES {
        return Err(MetainfoError::TooManyFiles);
    }
    let mut offset = 0u64;
    let mut files = Vec::with_capacity(list.len());
    let mut paths = Vec::with_capacity(list.len());
    for entry in list {
        let entry = entry.dict().ok_or(MetainfoError::Missing("files"))?;
        if entry.has_duplicates() {
            return Err(MetainfoError::Duplicate);
        }
        let attributes = entry.get("attr").and_then(Value::bytes).unwrap_or_default();
        let symlink = attributes.contains(&b'l');
        let pad = attributes.contains(&b'p') && !symlink;
        let length = match entry.get("length") {
            _ if symlink => 0,
            Some(value) => length(value)?,
            None => return Err(MetainfoError::Missing("length")),
        };
        let pad_name = length.to_string();
        let mut raw = elements(entry)?;
        if raw.is_empty() {
            if !pad {
                return Err(MetainfoError::Missing("path"));
            }
            raw = vec![b".pad", pad_name.as_bytes()];
        }
        let mut path = vec![folder.to_owned()];
        path.extend(safe_elements(&raw)?);
        paths.push(path);
        let original: Vec<_> = raw.iter().map(|e| String::from_utf8_lossy(e)).collect();
        files.push(FileEntry {
            path: Default::default(),
            original: original.join("/"),
            offset,
            length,
            pad,
            symlink,
        });
        offset = offset.checked_add(length).ok_or(MetainfoError::Length)?;
    }
    let stored = |file: &FileEntry| !file.pad;
    let mut places = Places::new(
        (files.iter().zip(&paths))
            .filter(|(file, _)| stored(file))
            .map(|(_, path)| path.as_slice()),
    );
    for (file, path) in files.iter_mut().zip(&paths) {
        file.path = match stored(file) {
            true => places.take(path),
            false => path.iter().collect(),
        };
    }
    Ok(files)
}

/// A length within 2^63: sums of two never overflow unseen.
fn length(value: &Value<'_>) -> Result<u64, MetainfoError> {
    let length = value.int().ok_or(MetainfoError::Missing("length"))?;
    u64::try_from(length).map_err(|_| MetainfoError::Length)
}

/// The elements of a file's path that say something; empty ones are dropped.
fn elements<'a>(entry: &Dict<'a>) -> Result<Vec<&'a [u8]>, MetainfoError> {
    let utf8 = entry.get("path.utf-8").and_then(Value::list);
    let Some(list) = utf8.or_else(|| entry.get("path").and_then(Value::list)) else {
        return Ok(Vec::new());
    };
    let strings: Option<Vec<&[u8]>> = list.iter().map(Value::bytes).collect();
    let mut strings = strings.ok_or(MetainfoError::Missing("path"))?;
    strings.retain(|element| !element.is_empty());
    Ok(strings)
}

/// The bytes under `utf8` where they are what the key says, else those under `plain`.
fn preferred<'a>(dict: &Dict<'a>, utf8: &str, plain: &str) -> Option<&'a [u8]> {
    let text = dict.get(utf8).and_then(Value::str).map(str::as_bytes);
    text.or_else(|| dict.get(plain).and_then(Value::bytes))
}

fn text(dict: &Dict<'_>, key: &str) -> Option<String> {
    let bytes = dict.get(key)?.bytes()?;
    (bytes.len() <= MAX_TEXT_BYTES).then(|| String::from_utf8_lossy(bytes).into_owned())
}

/// Tiers of BEP 12, or `announce` as the only one: a list, where there is one, replaces it.
fn trackers(root: &Dict<'_>) -> Vec<Vec<String>> {
    let mut left = MAX_URLS;
    let mut tiers = Vec::new();
    for tier in root.get("announce-list").and_then(Value::list).unwrap_or_default() {
        let tier = tier.list().unwrap_or(std::slice::from_ref(tier));
        let urls: Vec<String> = tier.iter().filter_map(url).take(left).collect();
        left -= urls.len();
        if !urls.is_empty() {
            tiers.push(urls);
        }
    }
    if tiers.is_empty() {
        tiers.extend(root.get("announce").and_then(url).map(|url| vec![url]));
    }
    tiers
}

/// BEP 19: one string or a list of them.
fn url_list(root: &Dict<'_>) -> Vec<String> {
    match root.get("url-list") {
        Some(Value::List(list)) => list.iter().filter_map(url).take(MAX_URLS).collect(),
        Some(one) => url(one).into_iter().collect(),
        None => Vec::new(),
    }
}

fn url(value: &Value<'_>) -> Option<String> {
    let text = value.str()?.trim();
    (!text.is_empty() && text.len() <= MAX_URL_BYTES).then(|| text.to_owned())
}
