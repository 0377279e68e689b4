//! Programs of the system that we can use.

use std::path::PathBuf;

/// ffmpeg as found at the start.
#[derive(Clone, Debug, Default)]
pub struct Ffmpeg {
    /// Where it lies.
    pub path: Option<PathBuf>,
    /// The first words of `ffmpeg -version`.
    pub version: Option<String>,
    /// ffprobe, beside it or in `PATH`.
    pub ffprobe: Option<PathBuf>,
    /// `setpriv` of util-linux.
    pub setpriv: Option<PathBuf>,
}

impl Ffmpeg {
    /// Takes `path`, else looks for it in `PATH`, and asks its version.
    pub async fn find(path: Option<PathBuf>) -> Self {
        let Some(path) = path.or_else(|| in_path("ffmpeg")) else {
            return Self::default();
        };
        let asked = tokio::process::Command::new(&path).arg("-version").output().await;
        let version = asked.ok().and_then(|output| {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.split_whitespace().nth(2).map(str::to_owned)
        });
        let beside = Some(path.with_file_name("ffprobe")).filter(|beside| beside.is_file());
        let ffprobe = beside.or_else(|| in_path("ffprobe"));
        Self { path: Some(path), version, ffprobe, setpriv: in_path("setpriv") }
    }
}

/// The first program of this name in `PATH`.
pub fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
