//! Fault switches: a tracker that loses answers, is slow, or refuses.

use std::str::FromStr;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::TrackerError;

/// Longest delay of an answer.
pub const MAX_DELAY: Duration = Duration::from_secs(3600);

/// What goes wrong with announces and scrapes; nothing by default. The status page is exempt.
///
/// Written as `drop=0.1,seed=7,delay=2s,error=text`, any of them, `error` last for its text may
/// hold commas. A delay is in seconds, or in milliseconds as `250ms`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// The probability, 0 to 1, that no answer is sent: over HTTP the connection is closed.
    pub drop: f64,
    /// Before each answer, at most [`MAX_DELAY`].
    pub delay: Duration,
    /// The `failure reason` (BEP 3) or error packet (BEP 15) in place of every answer. A UDP
    /// connect is answered all the same.
    pub error: Option<String>,
    /// Decides which answers are dropped.
    pub seed: u64,
}

impl FromStr for Faults {
    type Err = TrackerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut faults = Self::default();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(reason) = rest.strip_prefix("error=") {
                faults.error = Some(reason.to_owned());
                break;
            }
            let (fault, more) = rest.split_once(',').unwrap_or((rest, ""));
            let invalid = || TrackerError::InvalidFault(fault.to_owned());
            match fault.split_once('=').ok_or_else(invalid)? {
                ("drop", value) => faults.drop = probability(value).ok_or_else(invalid)?,
                ("seed", value) => faults.seed = value.parse().map_err(|_| invalid())?,
                ("delay", value) => faults.delay = delay(value).ok_or_else(invalid)?,
                _ => return Err(invalid()),
            }
            rest = more;
        }
        Ok(faults)
    }
}

fn probability(text: &str) -> Option<f64> {
    text.parse().ok().filter(|p| (0.0..=1.0).contains(p))
}

fn delay(text: &str) -> Option<Duration> {
    let (number, unit) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 0.001),
        (None, Some(number)) => (number, 1.0),
        (None, None) => (text, 1.0),
    };
    let seconds: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64(seconds * unit).ok().filter(|delay| *delay <= MAX_DELAY)
}

/// What becomes of one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// It is not sent.
    pub is_dropped: bool,
    /// It waits.
    pub delay: Duration,
    /// It is a refusal.
    pub error: Option<String>,
}

/// Decides fates one after the other: the same seed, the same fates.
#[derive(Debug)]
pub struct FaultDice {
    faults: Faults,
    rng: StdRng,
}

impl FaultDice {
    /// Dice for these faults.
    pub fn new(faults: Faults) -> Self {
        Self { rng: StdRng::seed_from_u64(faults.seed), faults }
    }

    /// The next answer's fate.
    pub fn roll(&mut self) -> Fate {
        Fate {
            is_dropped: self.rng.random::<f64>() < self.faults.drop,
            delay: self.faults.delay,
            error: self.faults.error.clone(),
        }
    }
}
