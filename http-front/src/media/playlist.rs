//! An M3U of a torrent's playable files.

use crate::media::natural;

/// One line of a playlist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The file's path in the torrent: sorts and titles the entry.
    pub title: String,
    /// Absolute URL of its stream.
    pub url: String,
}

/// Extended M3U, entries in natural order. Line breaks in titles become spaces, so that a hostile
/// name can't add a line.
pub fn m3u(mut entries: Vec<Entry>) -> String {
    entries.sort_by(|a, b| natural::compare(&a.title, &b.title));
    let mut text = String::from("#EXTM3U\n");
    for Entry { title, url } in entries {
        let title: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        text.push_str(&format!("#EXTINF:-1,{title}\n{url}\n"));
    }
    text
}
