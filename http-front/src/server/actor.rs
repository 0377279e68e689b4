//! `HttpFront`: owns the listener, and starts accepting again whenever it is restarted.

use actix::prelude::*;
use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::server::Acceptor;

/// The front as an actor. What it keeps across a restart is the listener and its connections,
/// which live in tasks of their own: a viewer doesn't notice.
pub struct HttpFront {
    acceptor: Acceptor,
    /// The runtime of the connections: not the arbiter's own.
    runtime: tokio::runtime::Handle,
    /// Ends the accepting task of this life of the actor.
    accepting: CancellationToken,
}

impl HttpFront {
    /// An actor that serves with `acceptor` on `runtime`.
    pub fn new(acceptor: Acceptor, runtime: tokio::runtime::Handle) -> Self {
        Self {
            acceptor,
            runtime,
            accepting: CancellationToken::new(),
        }
    }
}

impl Actor for HttpFront {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        fail::fail_point!("http::started");
        self.accepting = CancellationToken::new();
        let accepting = self
            .runtime
            .spawn(self.acceptor.clone().run(self.accepting.clone()));
        let watch = accepting.map(|ended| {
            fail::fail_point!("http::future");
            ended
        });
        ctx.spawn(watch.into_actor(self).map(|ended, front, ctx| {
            // It ends when told to; a panic is worth a fresh start.
            if ended.is_err() && !front.accepting.is_cancelled() {
                ctx.stop();
            }
        }));
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

/// How many connections are open.
#[derive(Message)]
#[rtype(result = "usize")]
pub struct Connections;

impl Handler<Connections> for HttpFront {
    type Result = usize;

    fn handle(&mut self, _: Connections, _: &mut Self::Context) -> usize {
        fail::fail_point!("http::handler");
        self.acceptor.connections()
    }
}

/// Stop accepting; answered when every connection has ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ShutDown;

impl Handler<ShutDown> for HttpFront {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: ShutDown, _: &mut Self::Context) -> Self::Result {
        self.accepting.cancel();
        let acceptor = self.acceptor.clone();
        Box::pin(async move { acceptor.shut_down().await })
    }
}
