//! The local tracker's HTTP side: announce and scrape (BEP 3, 48), and the status page.

use std::net::SocketAddr;
use std::sync::Arc;
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

use super::query::{self, AnnounceQuery};
use super::store::Store;
use super::{Shared, lock, page, reply};

/// Connections served at once; more wait in the listener's backlog.
pub const MAX_CONNECTIONS: usize = 256;
/// For a request's head to arrive whole.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
const MAX_HEAD: usize = 16 * 1024;
/// How long a shutdown waits for answers under way.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves until asked to stop, then waits [`SHUTDOWN_TIMEOUT`] for the answers under way.
pub(super) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    mut stopped: oneshot::Receiver<()>,
) {
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &permits) => accepted,
            _ = &mut stopped => break,
        };
        match accepted {
            Ok((stream, peer, permit)) => {
                serve_connection(stream, peer, permit, &shared, &connections);
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
    shared: &Arc<Shared>,
    connections: &GracefulShutdown,
) {
    let shared = Arc::clone(shared);
    let service = service_fn(move |request| respond(request, peer, Arc::clone(&shared)));
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

/// No answer, on purpose: hyper closes the connection.
#[derive(Debug, thiserror::Error)]
#[error("dropped")]
struct Dropped;

/// One request, routed.
async fn respond(
    request: Request<Incoming>,
    peer: SocketAddr,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Ok(answer(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "only GET"));
    }
    let query = request.uri().query().unwrap_or_default();
    match request.uri().path() {
        "/announce" => faulty(&shared, |store, now| announce(query, peer, store, now)).await,
        "/scrape" => faulty(&shared, |store, now| scrape(query, store, now)).await,
        "/" => {
            let torrents = lock(&shared.store).summary(Instant::now());
            Ok(answer(StatusCode::OK, "text/html; charset=utf-8", page::render(&torrents)))
        }
        _ => Ok(answer(StatusCode::NOT_FOUND, "text/plain", "not found")),
    }
}

/// An answer made of the store, after its faults.
async fn faulty(
    shared: &Shared,
    make: impl FnOnce(&mut Store, Instant) -> Vec<u8>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let fate = shared.roll();
    if fate.is_dropped {
        return Err(Dropped);
    }
    tokio::time::sleep(fate.delay).await;
    Ok(bencoded(match fate.error {
        Some(reason) => reply::failure(&reason),
        None => make(&mut lock(&shared.store), Instant::now()),
    }))
}

fn scrape(query: &str, store: &mut Store, now: Instant) -> Vec<u8> {
    reply::scrape(&store.scrape(now, &query::scrape_hashes(query)))
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
