//! Accepts connections while there are permits.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::server::connection::{self, Limits};

/// After an error of the listener (too many open files, most of all) it rests this long.
const REST: Duration = Duration::from_millis(100);

/// A listener with all that its connections need. Cheap to clone; connections outlive the task
/// that accepted them.
#[derive(Clone)]
pub struct Acceptor {
    listener: Arc<TcpListener>,
    router: Router,
    limits: Limits,
    /// One for each connection: the bound of all that they hold.
    permits: Arc<Semaphore>,
    connections: TaskTracker,
    /// Ends every connection once its response is out.
    stop: CancellationToken,
}

impl Acceptor {
    /// Serves `router` on `listener`.
    pub fn new(listener: TcpListener, router: Router, limits: Limits) -> Self {
        Self {
            listener: Arc::new(listener),
            router,
            permits: Arc::new(Semaphore::new(limits.connections)),
            limits,
            connections: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Accepts until `pause` is cancelled or the server stops.
    pub async fn run(self, pause: CancellationToken) {
        loop {
            let accepted = tokio::select! {
                () = pause.cancelled() => return,
                () = self.stop.cancelled() => return,
                accepted = self.accept() => accepted,
            };
            fail::fail_point!("http::accept");
            let Some((stream, client, permit)) = accepted else {
                tokio::time::sleep(REST).await;
                continue;
            };
            let (router, limits) = (self.router.clone(), self.limits.clone());
            let stop = self.stop.clone();
            self.connections.spawn(async move {
                connection::serve(stream, client, router, limits, stop).await;
                drop(permit);
            });
        }
    }

    async fn accept(
        &self,
    ) -> Option<(tokio::net::TcpStream, std::net::SocketAddr, tokio::sync::OwnedSemaphorePermit)>
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok()?;
        match self.listener.accept().await {
            Ok((stream, client)) => Some((stream, client, permit)),
            Err(error) => {
                tracing::warn!(%error, "can't accept a connection");
                None
            }
        }
    }

    /// Live connections.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Stops accepting, lets responses go out, resolves when every connection has ended.
    pub async fn shut_down(&self) {
        self.stop.cancel();
        self.connections.close();
        self.connections.wait().await;
    }
}
