//! What a command is given: a .torrent file or a magnet link.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use wire::{InfoHash, Magnet, Metainfo};

use crate::FrontError;
use crate::routes::extract::TORRENT_LIMIT;

/// A torrent, whole or by its hash alone.
#[derive(Debug)]
pub enum Source {
    /// A .torrent.
    File(Box<Metainfo>),
    /// A magnet link; a bare info hash is one without anything beside it.
    Magnet(Magnet),
}

impl Source {
    /// Reads what `text` names.
    ///
    /// # Errors
    /// [`FrontError::BadMagnet`]; [`FrontError::Io`] and [`FrontError::BadTorrent`] for a file
    /// that can't be read or is no torrent.
    pub fn read(text: &str) -> Result<Self, FrontError> {
        let scheme = text.split_at_checked("magnet:".len()).map(|(scheme, _)| scheme);
        if scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("magnet:")) {
            let parsed = Magnet::parse(text);
            let magnet = parsed.map_err(|error| FrontError::BadMagnet(error.to_string()))?;
            return Ok(Self::Magnet(magnet));
        }
        match InfoHash::parse(text) {
            Some(info_hash) if !Path::new(text).exists() => Ok(Self::Magnet(Magnet::of(info_hash))),
            _ => read_torrent(Path::new(text)).map(|metainfo| Self::File(Box::new(metainfo))),
        }
    }
}

/// Reads a .torrent of at most the size the API takes.
///
/// # Errors
/// It can't be read or is no torrent.
fn read_torrent(path: &Path) -> Result<Metainfo, FrontError> {
    let limit = TORRENT_LIMIT;
    let io = |what, source| FrontError::Io { what: format!("{what} {}", path.display()), source };
    let file = File::open(path).map_err(|source| io("can't open", source))?;
    let mut bytes = Vec::new();
    let mut limited = file.take(limit as u64 + 1);
    limited.read_to_end(&mut bytes).map_err(|source| io("can't read", source))?;
    if bytes.len() > limit {
        let what = format!("{}: larger than {limit} bytes, no .torrent", path.display());
        return Err(FrontError::BadTorrent(what));
    }
    let parsed = Metainfo::parse(&bytes);
    parsed.map_err(|error| FrontError::BadTorrent(format!("{}: {error}", path.display())))
}
