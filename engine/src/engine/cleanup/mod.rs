//! Which finished downloads make room when they take more of the disk than they may. Pure.

pub(crate) mod actor;

use wire::InfoHash;

/// What finished downloads may take of the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes.
    pub bytes: u64,
    /// Files.
    pub files: usize,
    /// Seconds since its last use after which one goes whatever room there is.
    pub unused: Option<u64>,
}

/// A torrent's files in the download folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Whose.
    pub info_hash: InfoHash,
    /// Complete files.
    pub files: usize,
    /// Bytes they take up on disk.
    pub bytes: u64,
    /// When it was last watched, or else finished; seconds since 1970.
    pub used_at: u64,
    /// Finished, and nobody reads it.
    pub finished: bool,
}

/// The torrents to remove, least recently used first. Everything counts towards the limits, but
/// only what is finished goes, and never what was used last: a film that is larger than the limit
/// can still be watched.
pub fn surplus(mut kept: Vec<Kept>, limits: Limits, now: u64) -> Vec<InfoHash> {
    kept.sort_by_key(|torrent| (torrent.used_at, torrent.info_hash));
    let mut bytes: u64 = kept.iter().map(|torrent| torrent.bytes).sum();
    let mut files: usize = kept.iter().map(|torrent| torrent.files).sum();
    kept.pop();
    let mut gone = Vec::new();
    for torrent in kept.into_iter().filter(|torrent| torrent.finished) {
        let unused = now.saturating_sub(torrent.used_at);
        let expired = limits.unused.is_some_and(|longest| unused > longest);
        if expired || bytes > limits.bytes || files > limits.files {
            bytes -= torrent.bytes;
            files -= torrent.files;
            gone.push(torrent.info_hash);
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(number: u8, bytes: u64, used_at: u64) -> Kept {
        Kept { info_hash: InfoHash([number; 20]), files: 2, bytes, used_at, finished: true }
    }

    fn gone(kept: &[Kept], limits: Limits) -> Vec<u8> {
        surplus(kept.to_vec(), limits, 1000).into_iter().map(|hash| hash.0[0]).collect()
    }

    const WIDE: Limits = Limits { bytes: 1000, files: 1000, unused: None };

    #[test]
    fn the_least_recently_used_go_until_it_fits() {
        let all = [kept(1, 10, 500), kept(2, 10, 300), kept(3, 10, 400), kept(4, 10, 200)];
        assert_eq!(gone(&all, WIDE), [0; 0]);
        assert_eq!(gone(&all, Limits { bytes: 25, ..WIDE }), [4, 2]);
        assert_eq!(gone(&all, Limits { files: 5, ..WIDE }), [4, 2]);
        assert_eq!(gone(&all, Limits { unused: Some(650), ..WIDE }), [4, 2]);
    }

    #[test]
    fn what_is_unfinished_or_was_used_last_stays() {
        let mut all = [kept(1, 10, 500), kept(2, 10, 300), kept(3, 10, 400)];
        all[1].finished = false;
        let nothing = Limits { bytes: 0, files: 0, unused: Some(0) };
        assert_eq!(gone(&all, nothing), [3]);
        assert_eq!(gone(&[kept(1, 10, 500)], nothing), [0; 0]);
    }
}
