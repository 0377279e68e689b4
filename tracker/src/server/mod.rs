//! A local tracker over HTTP and UDP, for tests, demos and closed networks.
//!
//! | file | concept |
//! | --- | --- |
//! | [`store`] | swarms and their peers: pure, with the time as an argument |
//! | [`query`] | an announce's or scrape's query string (BEP 3) |
//! | [`reply`] | bencoded answers (BEP 3, 7, 23, 48) |
//! | [`udp_packet`] | datagrams read and written (BEP 15) |
//! | [`connection_id`] | connection ids without memory (BEP 15) |
//! | [`fault`] | answers lost, late or refused on purpose |
//! | [`page`] | the status page |
//! | `http`, `udp` | the listeners |
//!
//! Both listen on one port number and share the swarms. A peer's address is its connection's; what
//! it claims in `ip` is not looked at. Bounds: [`MAX_CONNECTIONS`] connections, 10 s and 16 KiB for
//! a request's head, no request body is read, 1,024 delayed datagrams, and the store's own caps.

pub mod connection_id;
pub mod fault;
mod http;
pub mod page;
pub mod query;
pub mod reply;
pub mod store;
mod udp;
pub mod udp_packet;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::TrackerError;
use fault::{Fate, FaultDice, Faults};
pub use http::MAX_CONNECTIONS;
use store::{Limits, Store, Summary};

/// Port numbers tried when any will do and UDP has another's socket on the one TCP was given.
const PORT_TRIES: usize = 16;

/// A running local tracker. Dropping it stops it without waiting for answers under way.
#[derive(Debug)]
pub struct LocalTracker {
    addr: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// What the connections' tasks and the UDP socket's share. Each lock is held for one request's
/// look-up, never across an await.
#[derive(Debug)]
struct Shared {
    store: Mutex<Store>,
    dice: Mutex<FaultDice>,
}

impl Shared {
    fn roll(&self) -> Fate {
        lock(&self.dice).roll()
    }
}

/// A panic elsewhere leaves at worst one peer's record stale.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LocalTracker {
    /// Listens on `addr` (port 0: any free one) with the default [`Limits`] and no faults.
    /// `[::]` serves both address families.
    ///
    /// # Errors
    /// [`TrackerError::Bind`] when the address cannot be listened on, over TCP and over UDP.
    pub async fn bind(addr: SocketAddr) -> Result<Self, TrackerError> {
        Self::bind_with(addr, Limits::default(), Faults::default()).await
    }

    /// Listens on `addr` with limits and faults of the caller's.
    ///
    /// # Errors
    /// [`TrackerError::Bind`] when the address cannot be listened on, over TCP and over UDP.
    pub async fn bind_with(
        addr: SocketAddr,
        limits: Limits,
        faults: Faults,
    ) -> Result<Self, TrackerError> {
        let (listener, socket) =
            listen(addr).map_err(|e| TrackerError::Bind(format!("{addr}: {e}")))?;
        let addr = listener.local_addr().map_err(|e| TrackerError::Bind(e.to_string()))?;
        let shared = Arc::new(Shared {
            store: Mutex::new(Store::new(limits)),
            dice: Mutex::new(FaultDice::new(faults)),
        });
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, socket, Arc::clone(&shared), stopped));
        Ok(Self { addr, shared, stop: Some(stop), task })
    }

    /// Where it listens, over TCP and UDP alike.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The HTTP URL to put into a torrent.
    pub fn announce_url(&self) -> String {
        format!("http://{}/announce", self.reachable())
    }

    /// The UDP URL to put into a torrent.
    pub fn udp_announce_url(&self) -> String {
        format!("udp://{}/announce", self.reachable())
    }

    /// The status page's URL.
    pub fn page_url(&self) -> String {
        format!("http://{}/", self.reachable())
    }

    /// Every torrent with its first few peers, as the status page has them.
    pub fn torrents(&self) -> Vec<Summary> {
        lock(&self.shared.store).summary(Instant::now())
    }

    /// Stops listening and waits, at most 2 s, for the answers under way.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            // The receiver is gone only when the task is.
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
    }

    /// An address this machine reaches it at: loopback where it listens on all.
    fn reachable(&self) -> SocketAddr {
        match self.addr.ip() {
            ip if ip.is_unspecified() => {
                SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), self.addr.port())
            }
            _ => self.addr,
        }
    }
}

impl Drop for LocalTracker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// HTTP until it is asked to stop; UDP ends with it, and both ports are free when this returns.
async fn serve(
    listener: TcpListener,
    socket: UdpSocket,
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
) {
    let mut udp = JoinSet::new();
    udp.spawn(udp::serve(socket, Arc::clone(&shared)));
    http::serve(listener, shared, stopped).await;
    udp.shutdown().await;
}

/// Both sockets on one port number.
fn listen(addr: SocketAddr) -> std::io::Result<(TcpListener, UdpSocket)> {
    let mut tries = if addr.port() == 0 { PORT_TRIES } else { 1 };
    loop {
        tries -= 1;
        let tcp = open(addr, Type::STREAM, Protocol::TCP)?;
        tcp.listen(1024)?;
        let listener = TcpListener::from_std(tcp.into())?;
        let port = listener.local_addr()?.port();
        match open(SocketAddr::new(addr.ip(), port), Type::DGRAM, Protocol::UDP) {
            Ok(udp) => return Ok((listener, UdpSocket::from_std(udp.into())?)),
            Err(error) if tries == 0 => return Err(error),
            Err(_) => {}
        }
    }
}

fn open(addr: SocketAddr, kind: Type, protocol: Protocol) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), kind, Some(protocol))?;
    if addr.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    if kind == Type::STREAM {
        socket.set_reuse_address(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    Ok(socket)
}
