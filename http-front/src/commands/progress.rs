//! How far a long piece of work is, told on stderr.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;

/// How often it is told.
const PERIOD: Duration = Duration::from_millis(250);
/// Characters of the bar.
const WIDTH: usize = 30;

/// In which form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// A bar that is drawn over and over.
    Bar,
    /// One JSON object a line.
    Lines,
    /// Not at all.
    Silent,
}

impl Progress {
    /// Lines where data is asked for, else a bar where a terminal can show it.
    pub fn wanted(json: bool) -> Self {
        match (json, std::io::stderr().is_terminal()) {
            (true, _) => Self::Lines,
            (false, true) => Self::Bar,
            (false, false) => Self::Silent,
        }
    }

    /// Runs `work`, which counts the bytes of `total` that it has hashed; the last word is always
    /// that all are.
    pub fn tell<T>(self, total: u64, work: impl FnOnce(&AtomicU64) -> T) -> T {
        let (done, over) = (AtomicU64::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let teller = scope.spawn(|| {
                loop {
                    std::thread::park_timeout(PERIOD);
                    self.say(done.load(Ordering::Relaxed), total);
                    if over.load(Ordering::Acquire) {
                        break;
                    }
                }
                if self == Self::Bar {
                    eprintln!();
                }
            });
            let result = work(&done);
            over.store(true, Ordering::Release);
            teller.thread().unpark();
            result
        })
    }

    fn say(self, done: u64, total: u64) {
        let share = if total == 0 { 1.0 } else { done as f64 / total as f64 };
        let mut out = std::io::stderr();
        // A terminal that went away misses nothing.
        let _ = match self {
            Self::Silent => Ok(()),
            Self::Lines => writeln!(out, "{}", json!({"hashed": done, "total": total})),
            Self::Bar => {
                let full = (share * WIDTH as f64) as usize;
                let bar = "#".repeat(full.min(WIDTH));
                write!(out, "\rhashing [{bar:-<WIDTH$}] {:5.1} %\x1b[K", share * 100.0)
            }
        };
        let _ = out.flush();
    }
}
