//! Where a torrent's files go: safe elements, no two files in one place.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use super::MetainfoError;
use crate::safe_name::{safe_name, with_suffix};

/// Folders in one another, the file itself counted.
pub const MAX_PATH_ELEMENTS: usize = 64;
/// Bytes of a whole path below the torrent's folder, well under what systems open (4096).
pub const MAX_PATH_BYTES: usize = 2048;

/// The safe elements of one file's path.
pub(super) fn safe_elements(raw: &[&[u8]]) -> Result<Vec<String>, MetainfoError> {
    if raw.len() > MAX_PATH_ELEMENTS {
        return Err(MetainfoError::PathTooLong);
    }
    let elements: Vec<String> = raw.iter().map(|element| safe_name(element)).collect();
    if elements.iter().map(|e| e.len() + 1).sum::<usize>() > MAX_PATH_BYTES {
        return Err(MetainfoError::PathTooLong);
    }
    Ok(elements)
}

/// Hands out paths, each once also when case is folded; a file that would take another's place, or
/// that of a folder, gets a number before its extension.
///
/// Paths are known by their hash: a chance collision costs a needless number, and a hostile torrent
/// can't make us keep a copy of every prefix.
pub(super) struct Places {
    folders: HashSet<u64>,
    /// Taken places, and the last number given to a file of that name.
    files: HashMap<u64, u32>,
}

impl Places {
    /// With every folder of `paths` set aside, so that a file gives way to a folder in any order.
    pub(super) fn new<'a>(paths: impl Iterator<Item = &'a [String]>) -> Self {
        let mut folders = HashSet::new();
        for path in paths {
            let mut place = 0;
            for element in path.iter().rev().skip(1).rev() {
                place = below(place, element);
                folders.insert(place);
            }
        }
        Self { folders, files: HashMap::new() }
    }

    /// The path for the file `elements` name.
    pub(super) fn take(&mut self, elements: &[String]) -> PathBuf {
        let Some((name, folders)) = elements.split_last() else {
            return PathBuf::new();
        };
        let folder = folders.iter().fold(0, |place, element| below(place, element));
        let wanted = below(folder, name);
        let mut number = self.files.get(&wanted).copied().unwrap_or(0);
        let mut chosen = name.clone();
        let mut place = wanted;
        while self.is_taken(place) {
            number += 1;
            chosen = with_suffix(name, &format!(" ({number})"));
            place = below(folder, &chosen);
        }
        self.files.insert(wanted, number);
        self.files.entry(place).or_insert(0);
        folders.iter().chain([&chosen]).collect()
    }

    fn is_taken(&self, place: u64) -> bool {
        self.folders.contains(&place) || self.files.contains_key(&place)
    }
}

/// The place of `element` in `folder`, case folded; the same on every run.
fn below(folder: u64, element: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    element.to_lowercase().hash(&mut hasher);
    hasher.finish()
}
