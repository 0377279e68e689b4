//! One connection: hyper within its limits, until its client or the server ends it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::doors::ClientAddress;

/// What a connection may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Time for the header section, and for an idle connection to send one.
    pub header_timeout: Duration,
    /// Bytes of the header section.
    pub header_bytes: usize,
    /// Lines of the header section.
    pub headers: usize,
    /// Connections at once; more wait in the listener's queue.
    pub connections: usize,
    /// When the server stops, the response under way gets this long; a player that is paused would
    /// never end it.
    pub farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            header_bytes: 16 * 1024,
            headers: 100,
            connections: 1024,
            farewell: Duration::from_secs(2),
        }
    }
}

/// Serves `stream` until its client goes, it fails, or `stop` is cancelled and the response under
/// way is out or has had its time.
pub async fn serve(
    stream: TcpStream,
    client: SocketAddr,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
) {
    tune(&stream);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ClientAddress(client));
        let router = router.clone();
        async move { Ok::<_, Infallible>(answer(router, request).await) }
    });
    // hyper's default write buffer takes 16 blocks of 16 KiB: one writev of 256 KiB.
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_headers(limits.headers)
        .max_header_size(limits.header_bytes)
        .writev(true);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(limits.farewell, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%client, %error, "connection ended");
    }
}

async fn answer(router: Router, request: axum::extract::Request) -> axum::response::Response {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Bytes a socket holds that were never sent: what more it took, a player that aborts would have
/// had fetched for nothing, and positions would run ahead of it. What is on its way is not limited.
const UNSENT: u32 = 256 * 1024;

/// Answers go at once, and a client that vanished without a word is noticed in a few minutes.
fn tune(stream: &TcpStream) {
    let keepalive = socket2::TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(20));
    let socket = socket2::SockRef::from(stream);
    let tuned = stream
        .set_nodelay(true)
        .and_then(|()| socket.set_tcp_keepalive(&keepalive))
        .and_then(|()| socket.set_tcp_notsent_lowat(UNSENT));
    if let Err(error) = tuned {
        tracing::debug!(%error, "socket options");
    }
}
