//! The one task that keeps the process's limits: it ticks only while somebody waits.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant as TokioInstant, MissedTickBehavior, interval};

use super::schedule::Schedules;
use super::{Direction, Rate, Rates};

/// How often those who wait are served.
const TICK: Duration = Duration::from_millis(20);

/// What handles tell the task.
#[derive(Debug)]
pub(super) enum Command {
    Global { down: Rate, up: Rate },
    Join { key: u64, rates: Arc<Rates> },
    Torrent { key: u64, down: Rate, up: Rate },
    Forget { key: u64 },
    Wait { key: u64, direction: Direction, bytes: u64, done: oneshot::Sender<()> },
}

struct Task {
    schedules: Schedules<oneshot::Sender<()>>,
    rates: HashMap<u64, Arc<Rates>>,
}

/// Runs until every handle is gone.
pub(super) async fn run(mut commands: mpsc::UnboundedReceiver<Command>) {
    let mut task = Task { schedules: Schedules::new(now()), rates: HashMap::new() };
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let waiting = task.schedules.is_waiting();
        tokio::select! {
            biased;
            _ = ticks.tick(), if waiting => task.tick(),
            command = commands.recv() => match command {
                Some(command) => task.obey(command),
                None => return,
            },
        }
        if !waiting && task.schedules.is_waiting() {
            ticks.reset();
        }
    }
}

fn now() -> Instant {
    TokioInstant::now().into_std()
}

impl Task {
    fn obey(&mut self, command: Command) {
        let now = now();
        match command {
            Command::Global { down, up } => {
                self.schedules.of(Direction::Down).set_global(down, now);
                self.schedules.of(Direction::Up).set_global(up, now);
                let keys: Vec<u64> = self.rates.keys().copied().collect();
                keys.into_iter().for_each(|key| self.publish(key));
            }
            Command::Join { key, rates } => {
                self.schedules.both().into_iter().for_each(|way| way.join(key, now));
                self.rates.insert(key, rates);
                self.publish(key);
            }
            Command::Torrent { key, down, up } => {
                self.schedules.of(Direction::Down).set(key, down, now);
                self.schedules.of(Direction::Up).set(key, up, now);
                self.publish(key);
            }
            Command::Forget { key } => {
                self.schedules.both().into_iter().for_each(|way| way.forget(key));
                self.rates.remove(&key);
            }
            Command::Wait { key, direction, bytes, done } => {
                let schedule = self.schedules.of(direction);
                let alone = !schedule.is_waiting();
                // Whoever is refused is dropped, and goes on.
                let queued = schedule.wait(key, bytes, done, now, go_on);
                if alone && queued.is_ok() {
                    schedule.tick(now, oneshot::Sender::is_closed, go_on);
                }
            }
        }
    }

    fn tick(&mut self) {
        let now = now();
        for way in self.schedules.both() {
            way.tick(now, oneshot::Sender::is_closed, go_on);
        }
    }

    /// Tells a torrent's connections which limit binds them.
    fn publish(&mut self, key: u64) {
        let down = self.schedules.of(Direction::Down).binding(key);
        let up = self.schedules.of(Direction::Up).binding(key);
        if let Some(rates) = self.rates.get(&key) {
            rates.set(down, up);
        }
    }
}

/// Whoever stopped waiting in the meantime does not mind.
fn go_on(done: oneshot::Sender<()>) {
    let _ = done.send(());
}
