//! The process's door for incoming peers: accepts, reads the handshake, hands the peer on.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::peer::connect::{self, Connected};

/// Connections whose handshake is not done, at most (`HOSTILE.md` 17).
const HALF_OPEN: usize = 64;
/// Connections the kernel may queue for us.
const BACKLOG: i32 = 128;

/// Binds one listener for each address, all on one port: `port`, or the next free one above it, or
/// any when it is 0.
///
/// # Errors
/// No port in the twenty from `port` on is free on every address.
pub(crate) fn bind(
    binds: &[std::net::IpAddr],
    port: u16,
) -> io::Result<Vec<std::net::TcpListener>> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for port in if port == 0 { 0..=0 } else { port..=port.saturating_add(20) } {
        match bind_all(binds, port) {
            Ok(listeners) => return Ok(listeners),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn bind_all(binds: &[std::net::IpAddr], mut port: u16) -> io::Result<Vec<std::net::TcpListener>> {
    let mut listeners = Vec::new();
    for ip in binds {
        let address = SocketAddr::new(*ip, port);
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let listener = std::net::TcpListener::from(socket);
        port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Accepts until the task is aborted; each peer that finished its handshake goes to `hand_on`.
pub(crate) async fn accept_loop(
    listener: TcpListener,
    hand_on: impl Fn(Connected) + Clone + Send + 'static,
) {
    let half_open = Arc::new(Semaphore::new(HALF_OPEN));
    loop {
        let Ok(place) = half_open.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, address)) => {
                let hand_on = hand_on.clone();
                tokio::spawn(async move {
                    match connect::accept(stream, address).await {
                        Ok(connected) => hand_on(connected),
                        Err(error) => tracing::debug!(%address, %error, "incoming peer refused"),
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept peers");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}
