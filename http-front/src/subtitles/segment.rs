//! The subtitles of one segment of HLS.

use std::ops::Range;
use std::time::{Duration, Instant};

use engine::view::{FileView, TorrentView};

use super::present::Present;
use super::{Cue, tracks};
use crate::FrontError;
use crate::app::App;
use crate::probe::Partial;

/// A segment's bytes come for the sake of its video. How long they are waited for, less than
/// players wait for an answer, and how often they are looked for.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(250);

/// The cues of track `n` shown in `times`. A player asks once: those inside the film are complete,
/// or not told.
///
/// # Errors
/// [`FrontError::NotReady`]: not all bytes that may hold one came in time. Those of
/// [`tracks::cues`].
pub async fn cues(
    app: &App,
    view: &TorrentView,
    film: &FileView,
    n: usize,
    times: Range<Duration>,
) -> Result<Vec<Cue>, FrontError> {
    let until = Instant::now() + PATIENCE;
    loop {
        let (mut cues, missing) = tracks::cues(app, view, film, n, times.clone()).await?;
        let Some(missing) = missing else {
            cues.retain(|cue| cue.start < times.end && cue.end > times.start);
            return Ok(cues);
        };
        while Present::of(app, view, film).await?.there(missing) < missing.end {
            if Instant::now() >= until {
                return Err(FrontError::NotReady);
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
