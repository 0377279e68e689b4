//! `HttpFront`: owns the listener, and starts accepting again whenever it is restarted.

use actix::prelude::*;
use engine::supervise::{self, Ledger, Policy};
use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::server::Acceptor;

/// The front as an actor. What it keeps across a restart is the listener and its connections,
/// which live in tasks of their own: a viewer doesn't notice.
struct HttpFront {
    acceptor: Acceptor,
    /// The runtime of the connections: not the arbiter's own.
    runtime: tokio::runtime::Handle,
    /// Ends the accepting task of this life of the actor.
    accepting: CancellationToken,
}

impl HttpFront {
    /// An actor that serves with `acceptor` on `runtime`.
    fn new(acceptor: Acceptor, runtime: tokio::runtime::Handle) -> Self {
        Self { acceptor, runtime, accepting: CancellationToken::new() }
    }
}

impl Actor for HttpFront {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        fail::fail_point!("http::started");
        ctx.notify(Accept);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.accepting.cancel();
    }
}

impl Supervised for HttpFront {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.accepting.cancel();
    }
}

/// Accept connections, from now on.
#[derive(Message)]
#[rtype(result = "()")]
struct Accept;

impl Handler<Accept> for HttpFront {
    type Result = ();

    fn handle(&mut self, _: Accept, ctx: &mut Self::Context) {
        fail::fail_point!("http::handler");
        self.accepting = CancellationToken::new();
        let accepting = self.runtime.spawn(self.acceptor.clone().run(self.accepting.clone()));
        let watch = accepting.map(|ended| {
            fail::fail_point!("http::future");
            // A panic there is ours: whoever supervises us starts us again.
            if let Err(ended) = ended
                && ended.is_panic()
            {
                std::panic::resume_unwind(ended.into_panic());
            }
        });
        ctx.spawn(watch.into_actor(self));
    }
}

/// Stop accepting; answered when every connection has ended.
#[derive(Message)]
#[rtype(result = "()")]
struct ShutDown;

impl Handler<ShutDown> for HttpFront {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: ShutDown, _: &mut Self::Context) -> Self::Result {
        self.accepting.cancel();
        let acceptor = self.acceptor.clone();
        Box::pin(async move { acceptor.shut_down().await })
    }
}

/// The supervised actor, for those that know nothing of actors.
pub struct FrontHandle {
    front: Addr<HttpFront>,
    /// Dropped last: the thread the actor lives on.
    arbiter: Arbiter,
}

impl FrontHandle {
    /// Starts serving: connections on `runtime`, the actor on a thread of its own, restarted when
    /// it panics and counted in `ledger`. Needs a running actix system.
    pub fn start(acceptor: Acceptor, runtime: tokio::runtime::Handle, ledger: &Ledger) -> Self {
        let arbiter = Arbiter::new();
        let make = move |_: &mut Context<HttpFront>| HttpFront::new(acceptor, runtime);
        let policy = Policy::vital("HttpFront");
        let front = supervise::start(&arbiter.handle(), policy, ledger, make, || {});
        Self { front, arbiter }
    }

    /// Stops accepting; resolves when every connection has ended.
    pub async fn shut_down(self) {
        if let Err(error) = self.front.send(ShutDown).await {
            tracing::warn!(%error, "the HTTP front was gone already");
        }
        self.arbiter.stop();
    }
}
