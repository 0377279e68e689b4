//! ffmpeg and ffprobe run with as little as they need: our own URL as their only input, a demuxer
//! of our choice, no environment, limits, and no life beyond ours.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use crate::probe::Container;
use crate::tools::Ffmpeg;

/// Memory that it may map.
const ADDRESS_SPACE: u64 = 4 << 30;
/// Processor time of one process: a film of four hours encoded at twice its speed on eight cores.
const CPU_SECONDS: u64 = 16 * 3600;
/// Files and sockets: one connection at a time, and a few libraries.
const OPEN_FILES: u64 = 64;
/// Others come first on the processor.
const NICE: i32 = 5;
/// The most that ffprobe may say.
const MAX_OUTPUT: u64 = 1 << 20;

/// How to run ffmpeg.
#[derive(Clone, Debug)]
pub struct Sandbox {
    ffmpeg: PathBuf,
    ffprobe: PathBuf,
    /// `setpriv` of util-linux: has the kernel kill what it starts when we die, without `unsafe`
    /// between fork and exec.
    setpriv: Option<PathBuf>,
}

impl Sandbox {
    /// With the programs that were found; `None` without ffmpeg.
    pub fn of(tools: &Ffmpeg) -> Option<Self> {
        let ffmpeg = tools.path.clone()?;
        let ffprobe = tools.ffprobe.clone()?;
        Some(Self { ffmpeg, ffprobe, setpriv: tools.setpriv.clone() })
    }

    /// ffmpeg without arguments.
    pub fn ffmpeg(&self) -> Command {
        self.command(&self.ffmpeg)
    }

    /// ffprobe without arguments.
    pub fn ffprobe(&self) -> Command {
        self.command(&self.ffprobe)
    }

    /// Flags before `-i`: HTTP alone (to our own listener), and one demuxer, which is never one
    /// that opens other URLs.
    pub fn input(container: Container) -> [&'static str; 6] {
        let demuxer = match container {
            Container::WebM => Container::Matroska,
            Container::Mp4 => Container::Mov,
            other => other,
        };
        let name = demuxer.name();
        ["-protocol_whitelist", "http,tcp", "-format_whitelist", name, "-f", name]
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = match &self.setpriv {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command.args(["--pdeathsig", "KILL", "--no-new-privs", "--"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        command
            .env_clear()
            .current_dir("/")
            .process_group(0)
            .kill_on_drop(true)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts `command` within the limits.
    ///
    /// # Errors
    /// It can't be started.
    pub fn spawn(&self, mut command: Command) -> io::Result<Child> {
        let child = command.spawn()?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            for (resource, limit) in [
                (Resource::As, ADDRESS_SPACE),
                (Resource::Cpu, CPU_SECONDS),
                (Resource::Nofile, OPEN_FILES),
                (Resource::Core, 0),
            ] {
                let limit = Rlimit { current: Some(limit), maximum: Some(limit) };
                if let Err(error) = prlimit(Some(pid), resource, limit) {
                    tracing::debug!(%error, ?resource, "no limit for ffmpeg");
                }
            }
            let _ = rustix::process::setpriority_process(Some(pid), NICE);
        }
        Ok(child)
    }

    /// What `command` prints, once it has ended.
    ///
    /// # Errors
    /// It can't be started or read.
    pub async fn output(&self, mut command: Command) -> io::Result<Vec<u8>> {
        command.stderr(Stdio::null());
        let mut child = self.spawn(command)?;
        let mut printed = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            stdout.take(MAX_OUTPUT).read_to_end(&mut printed).await?;
        }
        Ok(printed)
    }
}
