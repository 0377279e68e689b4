//! Which subtitle files of a torrent go with a film.

use engine::view::FileView;

use super::Format;
use crate::media::types::{self, Kind};
use crate::routes::shape;

/// ISO 639-1, and how file names spell it beside that.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("ar", &["ara", "arabic"]),
    ("bg", &["bul", "bulgarian"]),
    ("cs", &["cze", "ces", "czech"]),
    ("da", &["dan", "danish"]),
    ("de", &["ger", "deu", "german", "deutsch"]),
    ("el", &["gre", "ell", "greek"]),
    ("en", &["eng", "english", "sdh"]),
    ("es", &["spa", "spanish", "español", "castellano", "latino"]),
    ("et", &["est", "estonian"]),
    ("fi", &["fin", "finnish"]),
    ("fr", &["fre", "fra", "french", "français"]),
    ("he", &["heb", "hebrew"]),
    ("hi", &["hin", "hindi"]),
    ("hr", &["hrv", "croatian"]),
    ("hu", &["hun", "hungarian"]),
    ("id", &["ind", "indonesian"]),
    ("it", &["ita", "italian"]),
    ("ja", &["jpn", "japanese"]),
    ("ko", &["kor", "korean"]),
    ("lt", &["lit", "lithuanian"]),
    ("lv", &["lav", "latvian"]),
    ("ms", &["may", "msa", "malay"]),
    ("nl", &["dut", "nld", "dutch"]),
    ("no", &["nor", "nob", "norwegian"]),
    ("pl", &["pol", "polish"]),
    ("pt", &["por", "portuguese", "brazilian"]),
    ("ro", &["rum", "ron", "romanian"]),
    ("ru", &["rus", "russian"]),
    ("sk", &["slo", "slk", "slovak"]),
    ("sl", &["slv", "slovenian"]),
    ("sr", &["srp", "serbian"]),
    ("sv", &["swe", "swedish"]),
    ("th", &["tha", "thai"]),
    ("tr", &["tur", "turkish"]),
    ("uk", &["ukr", "ukrainian"]),
    ("vi", &["vie", "vietnamese"]),
    ("zh", &["chi", "zho", "chs", "cht", "chinese"]),
];

/// A subtitle file of a film.
#[derive(Clone, Debug)]
pub struct Sibling<'f> {
    /// The file.
    pub file: &'f FileView,
    /// How it is written.
    pub format: Format,
    /// ISO 639-1, as far as its name says.
    pub language: Option<&'static str>,
    /// Its name says that it is shown even if the viewer wants none.
    pub forced: bool,
}

/// The subtitle files that go with `film`: all of a torrent with one video, else those whose name,
/// or whose folder's, begins with the film's.
pub fn of<'f>(files: &'f [FileView], film: &FileView) -> Vec<Sibling<'f>> {
    let videos = files.iter().filter(|file| types::kind(&file.path) == Kind::Video).count();
    let name = stem(shape::name(film)).to_lowercase();
    let named = |path: &str| {
        path.to_lowercase().split('/').any(|element| element.starts_with(name.as_str()))
    };
    let known = files.iter().filter_map(|file| Some((file, Format::by_name(&file.path)?)));
    let ours = known.filter(|(file, _)| videos <= 1 || named(&file.path));
    ours.map(|(file, format)| {
        let own = stem(shape::name(file)).to_lowercase();
        let rest = own.strip_prefix(name.as_str()).unwrap_or(&own);
        let words = || rest.split(|c: char| !c.is_alphanumeric()).rev();
        Sibling {
            file,
            format,
            language: words().find_map(language),
            forced: words().any(|word| word == "forced"),
        }
    })
    .collect()
}

fn language(word: &str) -> Option<&'static str> {
    let row = LANGUAGES.iter().find(|(code, names)| *code == word || names.contains(&word));
    row.map(|(code, _)| *code)
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[&str]) -> Vec<FileView> {
        let file = |(index, path): (usize, &&str)| FileView {
            index,
            path: path.to_string(),
            length: 1,
            downloaded: 0,
            selected: true,
            offset: 0,
            location: path.into(),
        };
        paths.iter().enumerate().map(file).collect()
    }

    fn told(files: &[FileView], film: usize) -> Vec<(usize, Option<&'static str>, bool)> {
        let all = of(files, &files[film]);
        all.iter().map(|one| (one.file.index, one.language, one.forced)).collect()
    }

    #[test]
    fn one_film_has_them_all() {
        let files = files(&["Film.mkv", "Subs/2_English.srt", "film.de.forced.ass", "x.nfo"]);
        assert_eq!(told(&files, 0), [(1, Some("en"), false), (2, Some("de"), true)]);
    }

    #[test]
    fn of_many_films_each_has_its_own() {
        let files = files(&[
            "S/Show.E01.mkv",
            "S/Show.E02.mkv",
            "S/show.e01.srt",
            "S/Subs/Show.E02/3_French.srt",
            "S/other.en.vtt",
        ]);
        assert_eq!(told(&files, 0), [(2, None, false)]);
        assert_eq!(told(&files, 1), [(3, Some("fr"), false)]);
    }
}
