//! One run of ffmpeg: its output read as far as somebody wants it, made into segments.

use std::process::ExitStatus;
use std::sync::Arc;

use bytes::Bytes;
use engine::view::StreamLabel;
use engine::{EngineHandle, OpenStream};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;
use tokio::sync::watch;
use wire::ByteRange;

use crate::hls::arguments::arguments;
use crate::hls::assembly::Assembly;
use crate::hls::fragments::{Part, Splitter};
use crate::hls::rendition::Rendition;
use crate::inputs::Inputs;
use crate::probe::once::FileId;
use crate::sandbox::Sandbox;

/// Read at once from the pipe.
const READ: usize = 64 * 1024;
/// The end of what ffmpeg says about itself that is kept.
const MAX_WORDS: usize = 2048;

/// What a head tells.
#[derive(Clone, Debug)]
pub enum News {
    /// The init section.
    Init(Bytes),
    /// The next segment.
    Segment(usize, Bytes),
    /// ffmpeg is gone.
    Ended {
        /// The segment that would have come next.
        next: usize,
        /// What there was of it.
        rest: Option<Bytes>,
        /// Why, in ffmpeg's words or ours.
        why: String,
    },
}

/// What every head needs.
#[derive(Clone)]
pub struct Tools {
    /// ffmpeg.
    pub sandbox: Sandbox,
    /// Where it reads.
    pub inputs: Inputs,
    /// Where those bytes come from.
    pub engine: EngineHandle,
}

/// A head from segment `from` on: the swarm is asked for that segment while ffmpeg is still
/// starting. Dropping the future ends both.
pub async fn run(
    tools: Tools,
    rendition: Arc<Rendition>,
    from: usize,
    until: watch::Receiver<usize>,
    tell: impl Fn(News),
) {
    let first = rendition.timeline.bytes(from);
    let announced = announce(tools.engine.clone(), rendition.id.file, first);
    tokio::join!(convert(tools, rendition, from, until, tell), announced);
}

/// Asks for bytes that ffmpeg will read. What of them does not come is ffmpeg's to wait for.
async fn announce(engine: EngineHandle, (info_hash, file_index): FileId, range: Option<ByteRange>) {
    let Some(range) = range else { return };
    let label = StreamLabel::default();
    let open = OpenStream { info_hash, file_index, range, label };
    if let Ok(mut stream) = engine.open(open).await {
        while let Some(Ok(_)) = stream.next().await {}
    }
}

/// Runs ffmpeg for `rendition` from segment `from` on. Each segment is made once `until`, which
/// moves on as segments are wanted, lies behind it: meanwhile the pipe is full and ffmpeg waits.
async fn convert(
    tools: Tools,
    rendition: Arc<Rendition>,
    from: usize,
    until: watch::Receiver<usize>,
    tell: impl Fn(News),
) {
    let mut assembly = Assembly::new(Arc::clone(&rendition), from);
    let input = tools.inputs.url(rendition.id.file);
    let mut command = tools.sandbox.ffmpeg();
    command.args(arguments(&rendition, &input.url(), from));
    let mut ended_well = false;
    let why = match tools.sandbox.spawn(command) {
        Err(error) => format!("ffmpeg can't be started: {error}"),
        Ok(mut child) => {
            let words = child.stderr.take().map(|stderr| tokio::spawn(last_words(stderr)));
            match make(&mut child, &mut assembly, until, &tell, || input.is_whole()).await {
                Err(error) => error.to_string(),
                Ok(()) => {
                    let status = child.wait().await;
                    ended_well = status.as_ref().is_ok_and(ExitStatus::success);
                    let said = match words {
                        Some(words) => words.await.unwrap_or_default(),
                        None => String::new(),
                    };
                    format!("{said} ({status:?})")
                }
            }
        }
    };
    let rest = assembly.rest().filter(|_| ended_well && input.is_whole());
    tell(News::Ended { next: assembly.next(), rest, why });
}

/// Reads until ffmpeg has no more to say. What it makes of an input that broke off is not used.
async fn make(
    child: &mut Child,
    assembly: &mut Assembly,
    mut until: watch::Receiver<usize>,
    tell: &impl Fn(News),
    whole: impl Fn() -> bool,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let Some(mut stdout) = child.stdout.take() else {
        return Ok(());
    };
    let mut splitter = Splitter::default();
    loop {
        while let Some(part) = splitter.take_part()? {
            let fragment = match part {
                Part::Init(bytes) => {
                    tell(News::Init(bytes));
                    continue;
                }
                Part::Fragment(fragment) => fragment,
            };
            let made = assembly.push(&fragment)?;
            if !whole() {
                return Err("the file could not be read on".into());
            }
            for (n, bytes) in made {
                tell(News::Segment(n, bytes));
                until.wait_for(|until| n + 1 < *until).await?;
            }
        }
        splitter.buffer.reserve(READ);
        if stdout.read_buf(&mut splitter.buffer).await? == 0 {
            return Ok(());
        }
    }
}

/// The end of what is said on stderr, read to its end so that ffmpeg never waits for us.
async fn last_words(mut stderr: impl AsyncRead + Unpin) -> String {
    let mut said = Vec::new();
    let mut chunk = [0; 1024];
    while let Ok(read @ 1..) = stderr.read(&mut chunk).await {
        said.extend_from_slice(chunk.get(..read).unwrap_or_default());
        said.drain(..said.len().saturating_sub(MAX_WORDS));
    }
    String::from_utf8_lossy(&said).trim().to_owned()
}
