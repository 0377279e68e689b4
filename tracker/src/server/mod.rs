//! A local tracker over HTTP, for tests, demos and closed networks.
//!
//! | file | concept |
//! | --- | --- |
//! | [`store`] | swarms and their peers: pure, with the time as an argument |
//! | [`query`] | an announce's or scrape's query string (BEP 3) |
//! | [`reply`] | bencoded answers (BEP 3, 7, 23, 48) |
//! | [`page`] | the status page |
//!
//! A peer's address is its connection's; what it claims in `ip` is not looked at. Bounds:
//! [`MAX_CONNECTIONS`] connections, 10 s and 16 KiB for a request's head, no request body is read,
//! and the store's own caps.

pub mod page;
pub mod query;
pub mod reply;
pub mod store;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinHandle;

use crate::TrackerError;
use query::AnnounceQuery;
use store::{Limits, Store};

/// Connections served at once; more wait in the listener's backlog.
pub const MAX_CONNECTIONS: usize = 256;
/// For a request's head to arrive whole.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
const MAX_HEAD: usize = 16 * 1024;
/// How long a shutdown waits for answers under way.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// A running local tracker. Dropping it stops it without waiting for answers under way.
#[derive(Debug)]
pub struct LocalTracker {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl LocalTracker {
    /// Listens on `addr` (port 0: any free one) with the default [`Limits`].
    ///
    /// # Errors
    /// [`TrackerError::Bind`] when the address cannot be listened on.
    pub async fn bind(addr: SocketAddr) -> Result<Self, TrackerError> {
        Self::bind_with(addr, Limits::default()).await
    }

    /// Listens on `addr` with limits of the caller's.
    ///
    /// # Errors
    /// [`TrackerError::Bind`] when the address cannot be listened on.
    pub async fn bind_with(addr: SocketAddr, limits: Limits) -> Result<Self, TrackerError> {
        let bind = |e: std::io::Error| TrackerError::Bind(format!("{addr}: {e}"));
        let listener = TcpListener::bind(addr).await.map_err(bind)?;
        let addr = listener.local_addr().map_err(bind)?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, Arc::new(Mutex::new(Store::new(limits))), stopped));
        Ok(Self { addr, stop: Some(stop), task })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The URL to put into a torrent.
    pub fn announce_url(&self) -> String {
        format!("http://{}/announce", self.addr)
    }

    /// Stops listening and waits, at most 2 s, for the answers under way.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            // The receiver is gone only when the task is.
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
    }
}

impl Drop for LocalTracker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Swarms, shared by the connections' tasks; held for one request's look-up, never across an await.
type SharedStore = Arc<Mutex<Store>>;

async fn serve(listener: TcpListener, store: SharedStore, mut stopped: oneshot::Receiver<()>) {
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &permits) => accepted,
            _ = &mut stopped => break,
        };
        match accepted {
            Ok((stream, peer, permit)) => {
                serve_connection(stream, peer, permit, &store, &connections);
            }
            // Out of descriptors, mostly: they come back.
            Err(error) => {
                tracing::warn!(%error, "local tracker cannot accept");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, connections.shutdown()).await;
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await;
    let permit = permit.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, permit))
}

fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
    store: &SharedStore,
    connections: &GracefulShutdown,
) {
    let store = Arc::clone(store);
    let service = service_fn(move |request| {
        let response = respond(&request, peer, &store, Instant::now());
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(100)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let watched = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = watched.await {
            tracing::debug!(%peer, %error, "local tracker connection");
        }
        drop(permit);
    });
}

/// One request, routed.
fn respond(
    request: &Request<Incoming>,
    peer: SocketAddr,
    store: &Mutex<Store>,
    now: Instant,
) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return answer(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "only GET");
    }
    let query = request.uri().query().unwrap_or_default();
    // A panic elsewhere leaves at worst one peer's record stale.
    let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
    match request.uri().path() {
        "/announce" => bencoded(announce(query, peer, &mut store, now)),
        "/scrape" => {
            let hashes = query::scrape_hashes(query);
            bencoded(reply::scrape(&store.scrape(now, &hashes)))
        }
        "/" => {
            answer(StatusCode::OK, "text/html; charset=utf-8", page::render(&store.summary(now)))
        }
        _ => answer(StatusCode::NOT_FOUND, "text/plain", "not found"),
    }
}

fn announce(query: &str, peer: SocketAddr, store: &mut Store, now: Instant) -> Vec<u8> {
    let query = match AnnounceQuery::parse(query) {
        Ok(query) => query,
        Err(refusal) => return reply::failure(refusal),
    };
    let addr = SocketAddr::new(peer.ip().to_canonical(), query.port);
    match store.announce(now, addr, &query) {
        Ok(given) => reply::announce(&given, query.compact, query.no_peer_id),
        Err(refusal) => reply::failure(refusal),
    }
}

/// Failures too are 200: clients read the reason from the body (BEP 3).
fn bencoded(body: Vec<u8>) -> Response<Full<Bytes>> {
    answer(StatusCode::OK, "text/plain", body)
}

fn answer(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(content_type));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        hyper::header::HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
    );
    response
}
