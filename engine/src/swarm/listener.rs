//! The process's door for incoming peers: accepts, reads the handshake, hands the peer on.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::admission::PER_ADDRESS;
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
pub(crate) fn bind(binds: &[IpAddr], port: u16) -> io::Result<Vec<std::net::TcpListener>> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for port in if port == 0 { 0..=0 } else { port..=port.saturating_add(20) } {
        match bind_all(binds, port) {
            Ok(listeners) => return Ok(listeners),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn bind_all(binds: &[IpAddr], mut port: u16) -> io::Result<Vec<std::net::TcpListener>> {
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

/// Accepts until the task is aborted; each peer that finished its handshake goes to `hand_on`. With
/// `allow_local` loopback addresses may have any number of handshakes under way.
pub(crate) async fn accept_loop(
    listener: TcpListener,
    allow_local: bool,
    hand_on: impl Fn(Connected) + Clone + Send + 'static,
) {
    let mut doorway = Doorway { shaking: HashMap::new(), allow_local };
    let mut handshakes = JoinSet::new();
    loop {
        tokio::select! {
            Some(ended) = handshakes.join_next() => ended.into_iter().for_each(|ip| doorway.leave(ip)),
            accepted = listener.accept(), if handshakes.len() < HALF_OPEN => match accepted {
                Ok((_, address)) if !doorway.enter(address.ip()) => {
                    tracing::debug!(%address, "incoming peer refused: too many from its address");
                }
                Ok((stream, address)) => {
                    let hand_on = hand_on.clone();
                    handshakes.spawn(async move {
                        match connect::accept(stream, address).await {
                            Ok(connected) => hand_on(connected),
                            Err(error) => tracing::debug!(%address, %error, "incoming peer refused"),
                        }
                        address.ip()
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept peers");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            },
        }
    }
}

/// Handshakes under way by address: one address can't hold the door for everybody else
/// (`HOSTILE.md` 33).
struct Doorway {
    shaking: HashMap<IpAddr, usize>,
    allow_local: bool,
}

impl Doorway {
    fn enter(&mut self, ip: IpAddr) -> bool {
        let count = self.shaking.entry(ip).or_default();
        let enters = *count < PER_ADDRESS || (self.allow_local && ip.to_canonical().is_loopback());
        *count += usize::from(enters);
        enters
    }

    fn leave(&mut self, ip: IpAddr) {
        match self.shaking.get_mut(&ip) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(self.shaking.remove(&ip)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_33_an_address_has_three_handshakes_at_once() {
        let mut doorway = Doorway { shaking: HashMap::new(), allow_local: true };
        let (stranger, local) = ([192, 0, 2, 1].into(), [127, 0, 0, 1].into());
        let entered = (0..100).filter(|_| doorway.enter(stranger)).count();
        assert_eq!(entered, PER_ADDRESS);
        doorway.leave(stranger);
        assert!(doorway.enter(stranger) && !doorway.enter(stranger));
        assert!((0..100).all(|_| doorway.enter(local)));
        (0..PER_ADDRESS).for_each(|_| doorway.leave(stranger));
        assert_eq!(doorway.shaking.len(), 1, "who left is forgotten");
    }
}
