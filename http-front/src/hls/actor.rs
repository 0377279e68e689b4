//! `Hls`: carries out what the stage decides. There is one; each head is a task of the runtime.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use bytes::Bytes;
use engine::supervise::{self, Ledger, Policy};
use tokio::runtime::Handle as Runtime;
use tokio::sync::{oneshot, watch};
use tokio::task::AbortHandle;

use crate::hls::head::{self, News, Tools};
use crate::hls::rendition::Rendition;
use crate::hls::sessions::{Full, Progress, Session, Sessions};
use crate::hls::stage::{Action, HeadId, Refusal, Stage, Ticket, Wanted};

/// A request waits so long for its part; then it is told to come again.
const PATIENCE: Duration = Duration::from_secs(9);
/// How often idle heads are looked for.
const TICK: Duration = Duration::from_secs(2);

type Reply = oneshot::Sender<Result<Bytes, Refusal>>;

/// The state of all HLS. A restart drops the stage and ends every head, since either may be half
/// changed: whoever waits asks again. Sessions stay.
struct Hls {
    tools: Tools,
    /// Of the heads: not the arbiter's own.
    runtime: Runtime,
    stage: Stage,
    sessions: Sessions,
    heads: HashMap<HeadId, Running>,
    /// Requests that wait, as many as there are connections.
    waiting: HashMap<Ticket, Reply>,
    last_ticket: Ticket,
}

/// A head's task. Dropping it ends the task, and with it ffmpeg.
struct Running {
    task: AbortHandle,
    until: watch::Sender<usize>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Actor for Hls {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        fail::fail_point!("hls::started");
        ctx.run_interval(TICK, |hls, ctx| {
            fail::fail_point!("hls::future");
            let now = Instant::now();
            let mut actions = hls.stage.tick(now);
            for session in hls.sessions.abandoned(now) {
                actions.extend(hls.stage.release(&session));
            }
            hls.act(actions, ctx);
        });
    }
}

impl Supervised for Hls {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.stage = Stage::default();
        self.heads.clear();
        self.waiting.clear();
    }
}

impl Hls {
    fn act(&mut self, actions: Vec<Action>, ctx: &Context<Self>) {
        for action in actions {
            match action {
                Action::Start { head, rendition, from, until } => {
                    let (until, allowed) = watch::channel(until);
                    let hls = ctx.address();
                    let tell = move |news| hls.do_send(FromHead { head, news });
                    let run = head::run(self.tools.clone(), rendition, from, allowed, tell);
                    let task = self.runtime.spawn(run).abort_handle();
                    self.heads.insert(head, Running { task, until });
                }
                Action::Allow { head, until } => {
                    if let Some(running) = self.heads.get(&head) {
                        running.until.send_replace(until);
                    }
                }
                Action::Stop(head) => drop(self.heads.remove(&head)),
                Action::Answer(ticket, bytes) => self.reply(ticket, Ok(bytes)),
                Action::Refuse(ticket, why) => self.reply(ticket, Err(why)),
            }
        }
    }

    /// Whoever asked may be gone.
    fn reply(&mut self, ticket: Ticket, answer: Result<Bytes, Refusal>) {
        if let Some(reply) = self.waiting.remove(&ticket) {
            let _ = reply.send(answer);
        }
    }
}

/// A part of a rendition is wanted.
#[derive(Message)]
#[rtype(result = "()")]
struct Want {
    rendition: Arc<Rendition>,
    wanted: Wanted,
    viewer: String,
    /// Heads that may encode video at once.
    encoders: usize,
    reply: Reply,
}

impl Handler<Want> for Hls {
    type Result = ();

    fn handle(&mut self, want: Want, ctx: &mut Self::Context) {
        fail::fail_point!("hls::handler");
        self.last_ticket += 1;
        let Want { rendition, wanted, viewer, encoders, reply } = want;
        self.waiting.insert(self.last_ticket, reply);
        let (ticket, now) = (self.last_ticket, Instant::now());
        let actions = self.stage.want(&rendition, wanted, &viewer, ticket, encoders, now);
        self.act(actions, ctx);
    }
}

/// A head tells something; it waits for leave after each segment, which bounds these.
#[derive(Message)]
#[rtype(result = "()")]
struct FromHead {
    head: HeadId,
    news: News,
}

impl Handler<FromHead> for Hls {
    type Result = ();

    fn handle(&mut self, FromHead { head, news }: FromHead, ctx: &mut Self::Context) {
        let now = Instant::now();
        let actions = match news {
            News::Init(bytes) => self.stage.init(head, bytes),
            News::Segment(n, bytes) => self.stage.made(head, n, bytes, now),
            News::Ended { next, rest, why } => {
                self.heads.remove(&head);
                self.stage.ended(head, next, rest, why, now)
            }
        };
        self.act(actions, ctx);
    }
}

/// A consumer joins a session.
#[derive(Message)]
#[rtype(result = "Result<(), Full>")]
struct Join(Session, String);

impl Handler<Join> for Hls {
    type Result = Result<(), Full>;

    fn handle(&mut self, Join(session, consumer): Join, _: &mut Self::Context) -> Self::Result {
        self.sessions.join(session, &consumer, Instant::now())
    }
}

/// A consumer leaves a session; `false` if there is none of this name.
#[derive(Message)]
#[rtype(result = "bool")]
struct Leave(String, String);

impl Handler<Leave> for Hls {
    type Result = bool;

    fn handle(&mut self, Leave(id, consumer): Leave, ctx: &mut Self::Context) -> bool {
        let last = self.sessions.leave(&id, &consumer);
        if last == Some(true) {
            let actions = self.stage.release(&id);
            self.act(actions, ctx);
        }
        last.is_some()
    }
}

/// A session by its name, and how far it is.
#[derive(Message)]
#[rtype(result = "Option<(Arc<Session>, Progress)>")]
struct Find(String);

impl Handler<Find> for Hls {
    type Result = Option<(Arc<Session>, Progress)>;

    fn handle(&mut self, Find(id): Find, _: &mut Self::Context) -> Self::Result {
        let now = Instant::now();
        let session = self.sessions.get(&id, now)?;
        let progress = session.progress(self.stage.reached(session.main.id, &id), now);
        Some((session, progress))
    }
}

/// Sessions, and heads that encode video.
#[derive(Message)]
#[rtype(result = "(usize, usize)")]
struct Count;

impl Handler<Count> for Hls {
    type Result = MessageResult<Count>;

    fn handle(&mut self, _: Count, _: &mut Self::Context) -> Self::Result {
        MessageResult((self.sessions.count(), self.stage.encoding()))
    }
}

/// The supervised actor, for those that know nothing of actors.
pub struct HlsHandle {
    hls: Addr<Hls>,
    /// The thread the actor lives on.
    _arbiter: Arbiter,
}

impl HlsHandle {
    /// Starts it, with heads on `runtime`; it is restarted when it panics, and counted in `ledger`.
    /// Needs a running actix system.
    pub fn start(tools: Tools, runtime: Runtime, ledger: &Ledger) -> Self {
        let arbiter = Arbiter::new();
        let make = move |_: &mut Context<Hls>| Hls {
            tools,
            runtime,
            stage: Stage::default(),
            sessions: Sessions::default(),
            heads: HashMap::new(),
            waiting: HashMap::new(),
            last_ticket: 0,
        };
        let policy = Policy::restart("Hls");
        let hls = supervise::start(&arbiter.handle(), policy, ledger, make, || {});
        Self { hls, _arbiter: arbiter }
    }

    /// A part of `rendition` for `viewer`, made if it is not there.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn part(
        &self,
        rendition: &Arc<Rendition>,
        wanted: Wanted,
        viewer: &str,
        encoders: usize,
    ) -> Result<Bytes, Refusal> {
        let ask = async {
            // An actor that restarts drops those who wait: one more try.
            for _ in 0..2 {
                let (reply, answer) = oneshot::channel();
                let (rendition, viewer) = (Arc::clone(rendition), viewer.to_owned());
                self.hls.do_send(Want { rendition, wanted, viewer, encoders, reply });
                if let Ok(answer) = answer.await {
                    return answer;
                }
            }
            Err(Refusal::Late)
        };
        tokio::time::timeout(PATIENCE, ask).await.unwrap_or(Err(Refusal::Late))
    }

    /// Joins `consumer` to `session`, which begins if nobody had it.
    ///
    /// # Errors
    /// [`Full`].
    pub async fn join(&self, session: Session, consumer: String) -> Result<(), Full> {
        self.hls.send(Join(session, consumer)).await.unwrap_or(Err(Full))
    }

    /// `consumer` leaves a session, which ends with its last; `false` if there is none.
    pub async fn leave(&self, id: String, consumer: String) -> bool {
        self.hls.send(Leave(id, consumer)).await.unwrap_or(false)
    }

    /// A session by its name, and how far it is.
    pub async fn session(&self, id: &str) -> Option<(Arc<Session>, Progress)> {
        self.hls.send(Find(id.to_owned())).await.ok().flatten()
    }

    /// Sessions, and heads that encode video.
    pub async fn count(&self) -> (usize, usize) {
        self.hls.send(Count).await.unwrap_or_default()
    }
}
