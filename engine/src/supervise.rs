//! Supervision: an actor that panics is restarted in place, with backoff, until it is hopeless.
//!
//! actix's own `Supervisor` drops the actor's task when it panics: its address closes and queued
//! messages are gone. Here the actor's future itself is wrapped: the unwind is caught, the context
//! waits out a backoff and restarts with the mailbox it had, so addresses stay valid and messages
//! sent meanwhile are handled after the restart. Too many restarts within a window escalate.

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, ready};
use std::time::{Duration, Instant};

use actix::dev::{ContextFut, channel};
use actix::prelude::*;

use crate::view::ActorView;

/// When an actor is restarted, and what happens when that does not help.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The actor's name in `/status`, `/metrics` and the log.
    pub name: &'static str,
    /// How many restarts within [`Self::window`] are tried before giving up; 0 is none at all.
    pub restarts: usize,
    /// The span in which restarts are counted.
    pub window: Duration,
    /// What giving up means.
    pub hopeless: Hopeless,
}

/// What giving up on an actor means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hopeless {
    /// It ends; whoever started it is told by its `ended` callback.
    EndActor,
    /// The process cannot do its work without it: the system stops with code 1.
    StopProcess,
}

impl Policy {
    /// The delay before the first restart; it doubles with every further one in the window.
    const FIRST_BACKOFF: Duration = Duration::from_millis(10);
    /// No delay is longer than this.
    const MAX_BACKOFF: Duration = Duration::from_secs(5);

    /// Restarted up to ten times a minute; beyond that the process stops, since nothing streams
    /// without this actor and an operator's restart is the better medicine.
    pub const fn vital(name: &'static str) -> Self {
        let window = Duration::from_secs(60);
        Self { name, restarts: 10, window, hopeless: Hopeless::StopProcess }
    }

    /// Restarted up to ten times a minute; beyond that it alone ends.
    pub const fn restart(name: &'static str) -> Self {
        Self { hopeless: Hopeless::EndActor, ..Self::vital(name) }
    }

    /// Never restarted.
    pub const fn never(name: &'static str) -> Self {
        Self { restarts: 0, ..Self::restart(name) }
    }

    /// Never restarted; its panic stops the process with a code that is not 0.
    pub const fn fatal(name: &'static str) -> Self {
        Self { restarts: 0, ..Self::vital(name) }
    }

    /// The delay before the restart that is the `nth` in the window, counted from 0.
    fn backoff(&self, nth: usize) -> Duration {
        let doubled = Self::FIRST_BACKOFF.saturating_mul(1 << nth.min(16));
        doubled.min(Self::MAX_BACKOFF)
    }
}

/// Counts of living actors and restarts by name, for `/status`. Locked when an actor starts, ends
/// or panics, and when it is read: never in a handler's ordinary work.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<BTreeMap<&'static str, Entry>>>);

#[derive(Default)]
struct Entry {
    alive: usize,
    restarts: u64,
    last_error: Option<String>,
}

impl Ledger {
    /// Every actor kind seen so far, by name.
    pub fn view(&self) -> Vec<ActorView> {
        let entries = self.lock();
        let view = |(name, entry): (&&'static str, &Entry)| ActorView {
            name: (*name).to_owned(),
            alive: entry.alive,
            restarts: entry.restarts,
            last_error: entry.last_error.clone(),
        };
        entries.iter().map(view).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn started(&self, name: &'static str) {
        self.lock().entry(name).or_default().alive += 1;
    }

    fn ended(&self, name: &'static str) {
        let mut entries = self.lock();
        let entry = entries.entry(name).or_default();
        entry.alive = entry.alive.saturating_sub(1);
    }

    fn panicked(&self, name: &'static str, error: &str) {
        self.lock().entry(name).or_default().last_error = Some(error.to_owned());
    }

    fn restarted(&self, name: &'static str) {
        self.lock().entry(name).or_default().restarts += 1;
    }
}

/// Starts an actor on `arbiter` under `policy`. `ended` runs once when the actor is gone, whether
/// it stopped, nobody held its address any more, or it was given up.
pub fn start<A, F, E>(
    arbiter: &ArbiterHandle,
    policy: Policy,
    ledger: &Ledger,
    make: F,
    ended: E,
) -> Addr<A>
where
    A: Supervised + Actor<Context = Context<A>>,
    F: FnOnce(&mut Context<A>) -> A + Send + 'static,
    E: FnOnce() + Send + 'static,
{
    let (sender, receiver) = channel::channel(MAILBOX_HINT);
    let ledger = ledger.clone();
    arbiter.spawn_fn(move || {
        let mut context = Context::with_receiver(receiver);
        let actor = make(&mut context);
        ledger.started(policy.name);
        actix_rt::spawn(Guard {
            future: context.into_future(actor),
            policy,
            ledger,
            recent: VecDeque::new(),
            backoff: None,
            ended: Some(Box::new(ended)),
        });
    });
    Addr::new(sender)
}

/// actix ignores a mailbox's capacity for `do_send` and for cloned addresses, so it bounds nothing:
/// every sender is bounded by credits of its own instead.
const MAILBOX_HINT: usize = 16;

/// An actor's future with its panics caught.
struct Guard<A: Supervised + Actor<Context = Context<A>>> {
    future: ContextFut<A, Context<A>>,
    policy: Policy,
    ledger: Ledger,
    /// When it was restarted within the window, oldest first.
    recent: VecDeque<Instant>,
    /// The wait before the next restart, while one is due.
    backoff: Option<Pin<Box<tokio::time::Sleep>>>,
    ended: Option<Box<dyn FnOnce() + Send>>,
}

impl<A: Supervised + Actor<Context = Context<A>>> Guard<A> {
    /// Decides after a panic: a backoff is set, or `Poll::Ready` when it is given up.
    fn panicked(&mut self, now: Instant, panic: &(dyn Any + Send)) -> Poll<()> {
        let (name, error) = (self.policy.name, panic_message(panic));
        self.ledger.panicked(name, &error);
        self.recent.retain(|at| now.duration_since(*at) < self.policy.window);
        if self.recent.len() >= self.policy.restarts {
            tracing::error!(actor = name, %error, "actor panicked and is given up");
            self.future.ctx().terminate();
            return Poll::Ready(());
        }
        let delay = self.policy.backoff(self.recent.len());
        tracing::warn!(actor = name, %error, ?delay, "actor panicked, restarting");
        self.recent.push_back(now);
        self.backoff = Some(Box::pin(tokio::time::sleep(delay)));
        Poll::Pending
    }

    fn restart(&mut self) -> Result<bool, Box<dyn Any + Send>> {
        self.ledger.restarted(self.policy.name);
        catch_unwind(AssertUnwindSafe(|| self.future.restart()))
    }

    fn end(&mut self) {
        self.ledger.ended(self.policy.name);
        if let Some(ended) = self.ended.take() {
            ended();
        }
    }
}

impl<A: Supervised + Actor<Context = Context<A>>> Future for Guard<A> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let this = self.get_mut();
        loop {
            let outcome = if let Some(backoff) = &mut this.backoff {
                ready!(backoff.as_mut().poll(cx));
                this.backoff = None;
                match this.restart() {
                    Ok(true) => continue,
                    Ok(false) => Ok(Poll::Ready(())),
                    Err(panic) => Err(panic),
                }
            } else {
                catch_unwind(AssertUnwindSafe(|| Pin::new(&mut this.future).poll(cx)))
            };
            match outcome {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(())) => {
                    this.end();
                    return Poll::Ready(());
                }
                Err(panic) => {
                    if this.panicked(Instant::now(), panic.as_ref()).is_ready() {
                        this.end();
                        if this.policy.hopeless == Hopeless::StopProcess {
                            System::current().stop_with_code(1);
                        }
                        return Poll::Ready(());
                    }
                }
            }
        }
    }
}

/// The text of a panic, as far as it has one.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic without a message".to_owned())
}

/// Runs `main` inside an actix system on a multi-thread tokio runtime: `main`, socket tasks and
/// hyper live on that runtime, actors on arbiters of their own. Returns `main`'s value.
///
/// # Errors
/// The runtime cannot be built, or the system was stopped under `main` because a vital actor was
/// given up ([`Hopeless::StopProcess`]).
pub fn run<T>(main: impl Future<Output = T>) -> std::io::Result<T> {
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .thread_name("io")
        .enable_all()
        .build()?;
    let runtime = Arc::new(runtime);
    let (system, stopped) = System::with_tokio_rt(|| runtime.clone()).into_parts();
    let outcome = system.block_on(async {
        tokio::select! {
            value = main => Ok(value),
            _ = stopped => Err(std::io::Error::other("a part that nothing works without gave up")),
        }
    });
    System::current().stop();
    drop(system);
    if let Some(runtime) = Arc::into_inner(runtime) {
        runtime.shutdown_timeout(SHUTDOWN_GRACE);
    }
    outcome
}

/// How long blocking jobs may still run when the process ends; durable state is saved before.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(500);
