//! The other way: a .torrent from its parts.

use bendy::encoding::{Encoder, Error};

use super::{Metainfo, MetainfoError};

/// The piece length other clients would choose for `total` bytes: the smallest power of two, 16 KiB
/// to 16 MiB, that makes at most 2000 pieces.
pub fn choose_piece_length(total: u64) -> u32 {
    const SMALLEST: u32 = 16 * 1024;
    const LARGEST: u32 = 16 * 1024 * 1024;
    let mut length = SMALLEST;
    while length < LARGEST && total.div_ceil(u64::from(length)) > 2000 {
        length *= 2;
    }
    length
}

/// What a new .torrent is made of; hashing the files is the caller's part.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MetainfoBuilder {
    /// The file's name, or that of the folder.
    pub name: String,
    /// Elements below the folder and length of each file in order. One file without elements makes
    /// a single-file torrent.
    pub files: Vec<(Vec<String>, u64)>,
    /// Bytes a piece.
    pub piece_length: u32,
    /// SHA-1 of each piece.
    pub piece_hashes: Vec<[u8; 20]>,
    /// Tiers of tracker URLs (BEP 12).
    pub trackers: Vec<Vec<String>>,
    /// Web seeds (BEP 19).
    pub web_seeds: Vec<String>,
    /// BEP 27.
    pub private: bool,
    /// `comment`
    pub comment: Option<String>,
    /// `created by`
    pub created_by: Option<String>,
    /// `creation date`, seconds since 1970.
    pub created_at: Option<i64>,
}

impl MetainfoBuilder {
    /// The .torrent, parsed back: what can't be read is not handed out.
    ///
    /// # Errors
    /// [`MetainfoError`] when the parts don't make a torrent.
    pub fn build(&self) -> Result<Metainfo, MetainfoError> {
        Metainfo::parse(&self.encode()?)
    }

    /// The .torrent's bytes, unchecked.
    ///
    /// # Errors
    /// [`MetainfoError::Missing`] when a part can't be written.
    pub fn encode(&self) -> Result<Vec<u8>, MetainfoError> {
        let info = self.encode_info().map_err(|_| MetainfoError::Missing("info"))?;
        let outer = Outer {
            info: &info,
            trackers: &self.trackers,
            web_seeds: &self.web_seeds,
            comment: self.comment.as_deref(),
            created_by: self.created_by.as_deref(),
            created_at: self.created_at,
        };
        Ok(outer.encode())
    }

    fn encode_info(&self) -> Result<Vec<u8>, Error> {
        let mut encoder = Encoder::new();
        encoder.emit_and_sort_dict(|e| {
            match self.files.as_slice() {
                [(elements, length)] if elements.is_empty() => e.emit_pair(b"length", length)?,
                files => e.emit_pair_with(b"files", |e| {
                    e.emit_list(|e| {
                        for (path, length) in files {
                            e.emit_dict(|mut e| {
                                e.emit_pair(b"length", length)?;
                                e.emit_pair(b"path", path)
                            })?;
                        }
                        Ok(())
                    })
                })?,
            }
            e.emit_pair(b"name", &self.name)?;
            e.emit_pair(b"piece length", self.piece_length)?;
            e.emit_pair_with(b"pieces", |e| e.emit_bytes(self.piece_hashes.as_flattened()))?;
            if self.private {
                e.emit_pair(b"private", 1)?;
            }
            Ok(())
        })?;
        encoder.get_output()
    }
}

impl Metainfo {
    /// A .torrent with the same `info`, byte for byte, and `trackers` in place of the original's.
    pub fn to_torrent_file(&self, trackers: &[Vec<String>]) -> Vec<u8> {
        let outer = Outer {
            info: &self.info_bytes,
            trackers,
            web_seeds: &self.url_list,
            comment: self.comment.as_deref(),
            created_by: self.created_by.as_deref(),
            created_at: self.created_at,
        };
        outer.encode()
    }
}

/// Everything of a .torrent, `info` already in bytes.
struct Outer<'a> {
    info: &'a [u8],
    trackers: &'a [Vec<String>],
    web_seeds: &'a [String],
    comment: Option<&'a str>,
    created_by: Option<&'a str>,
    created_at: Option<i64>,
}

impl Outer<'_> {
    /// Written by hand: bendy can't embed raw bytes, and `info` has to stay as it was. Keys sorted.
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.info.len() + 256);
        out.push(b'd');
        if let Some(first) = self.trackers.iter().flatten().next() {
            pair(&mut out, "announce", first);
        }
        if self.trackers.iter().map(Vec::len).sum::<usize>() > 1 {
            string(&mut out, "announce-list");
            out.push(b'l');
            for tier in self.trackers.iter().filter(|tier| !tier.is_empty()) {
                list(&mut out, tier);
            }
            out.push(b'e');
        }
        if let Some(comment) = self.comment {
            pair(&mut out, "comment", comment);
        }
        if let Some(program) = self.created_by {
            pair(&mut out, "created by", program);
        }
        if let Some(seconds) = self.created_at {
            string(&mut out, "creation date");
            out.extend(format!("i{seconds}e").into_bytes());
        }
        string(&mut out, "info");
        out.extend(self.info);
        if !self.web_seeds.is_empty() {
            string(&mut out, "url-list");
            list(&mut out, self.web_seeds);
        }
        out.push(b'e');
        out
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.extend(format!("{}:{text}", text.len()).into_bytes());
}

fn pair(out: &mut Vec<u8>, key: &str, value: &str) {
    string(out, key);
    string(out, value);
}

fn list(out: &mut Vec<u8>, items: &[String]) {
    out.push(b'l');
    for item in items {
        string(out, item);
    }
    out.push(b'e');
}
