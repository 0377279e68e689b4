//! The local tracker's UDP side (BEP 15).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use super::connection_id::ConnectionIdMint;
use super::store::Store;
use super::udp_packet::{self, Ask, Call};
use super::{Shared, lock};
use crate::family::Family;

/// Delayed answers waiting at once; requests past them are lost, as UDP's may be.
const MAX_DELAYED: usize = 1024;
/// Longest request read: an announce with a long URL (BEP 41).
const MAX_DATAGRAM: usize = 2048;

/// Answers until dropped.
pub(super) async fn serve(socket: UdpSocket, shared: Arc<Shared>) {
    let socket = Arc::new(socket);
    let mint = ConnectionIdMint::new(Instant::now());
    let mut delayed = JoinSet::new();
    let mut buffer = [0; MAX_DATAGRAM];
    loop {
        let (length, from) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            // Out of memory, mostly: it comes back.
            Err(error) => {
                tracing::warn!(%error, "local tracker cannot receive");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        while delayed.try_join_next().is_some() {}
        let fate = shared.roll();
        if fate.is_dropped || delayed.len() >= MAX_DELAYED {
            continue;
        }
        let datagram = buffer.get(..length).unwrap_or_default();
        let refusal = fate.error.as_deref();
        let answer = answer(datagram, from, Instant::now(), &mint, &shared.store, refusal);
        let Some(answer) = answer else { continue };
        if fate.delay.is_zero() {
            send(&socket, &answer, from).await;
        } else {
            let socket = Arc::clone(&socket);
            delayed.spawn(async move {
                tokio::time::sleep(fate.delay).await;
                send(&socket, &answer, from).await;
            });
        }
    }
}

async fn send(socket: &UdpSocket, answer: &[u8], to: SocketAddr) {
    if let Err(error) = socket.send_to(answer, to).await {
        tracing::debug!(%to, %error, "local tracker cannot answer");
    }
}

/// The answer to a datagram, `refusal` in place of every answer but a connection id; `None` for
/// what is no request. No answer to an unproved address is longer than its request.
fn answer(
    datagram: &[u8],
    from: SocketAddr,
    now: Instant,
    mint: &ConnectionIdMint,
    store: &Mutex<Store>,
    refusal: Option<&str>,
) -> Option<Vec<u8>> {
    let ip = from.ip().to_canonical();
    let Call { transaction, ask } = Call::parse(datagram, Family::of(ip))?;
    let id = match &ask {
        Ask::Connect => return Some(udp_packet::connected(transaction, mint.issue(now, ip))),
        Ask::Announce(id, _) | Ask::Scrape(id, _) => *id,
    };
    if !mint.accepts(now, ip, id) {
        return Some(udp_packet::error(transaction, "bad id"));
    }
    if let Some(refusal) = refusal {
        return Some(udp_packet::error(transaction, refusal));
    }
    let mut store = lock(store);
    let answer = match ask {
        Ask::Announce(_, query) => {
            let given = query
                .and_then(|query| store.announce(now, SocketAddr::new(ip, query.port), &query));
            match given {
                Ok(given) => udp_packet::announced(transaction, &given),
                Err(reason) => udp_packet::error(transaction, reason),
            }
        }
        Ask::Scrape(_, hashes) => udp_packet::scraped(transaction, &store.counts(now, &hashes)),
        Ask::Connect => return None,
    };
    Some(answer)
}
