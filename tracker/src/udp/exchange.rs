//! One question to one UDP tracker, over a socket of its own.
//!
//! The socket is bound to a port the system picks and connected to the tracker's address, so the
//! system drops what comes from anywhere else (HOSTILE 37). BEP 15 waits 15 s before it asks again;
//! a viewer waits for the first peers, so we wait [`FIRST_WAIT`], then twice as long each time, and
//! the caller's time limit ends it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;
use url::Url;
use wire::{AddressPolicy, InfoHash};

use super::packet::{self, Action, Awaited, ConnectionId, Reply, TransactionId};
use super::{ConnectionIds, url_data};
use crate::TrackerError;
use crate::announce::{Answer, Request, clamp_interval, keep};
use crate::family::Family;
use crate::scrape::Counts;

/// Before a question is sent again the first time.
pub(crate) const FIRST_WAIT: Duration = Duration::from_secs(3);
/// The largest payload a datagram can have (RFC 768).
const MAX_DATAGRAM: usize = 65_535;

/// Announces to the tracker at the first of `addresses` that answers, within `limit`.
pub(crate) async fn announce(
    url: &Url,
    addresses: &[SocketAddr],
    request: &Request,
    policy: &AddressPolicy,
    ids: &Mutex<ConnectionIds>,
    limit: Duration,
) -> Result<Answer, TrackerError> {
    let options = url_data::options(url)?;
    let question = Question::Announce(request, &options);
    match ask_any(addresses, &question, ids, limit).await? {
        Reply::Announced { interval, seeders, leechers, peers: found } => {
            let mut peers = Vec::new();
            keep(found, policy, &mut peers);
            let interval = clamp_interval(interval.into());
            Ok(Answer {
                interval,
                min_interval: None,
                peers,
                seeders,
                leechers,
                tracker_id: None,
                warning: None,
            })
        }
        other => Err(unexpected(&other)),
    }
}

/// Scrapes the tracker at the first of `addresses` that answers, within `limit`. Counts are in the
/// order of the hashes, as many as the tracker gave.
pub(crate) async fn scrape(
    addresses: &[SocketAddr],
    info_hashes: &[InfoHash],
    ids: &Mutex<ConnectionIds>,
    limit: Duration,
) -> Result<Vec<Counts>, TrackerError> {
    match ask_any(addresses, &Question::Scrape(info_hashes), ids, limit).await? {
        Reply::Scraped(counts) => Ok(counts),
        other => Err(unexpected(&other)),
    }
}

/// What is asked once there is a connection id.
enum Question<'a> {
    /// The announce and its options.
    Announce(&'a Request, &'a [u8]),
    Scrape(&'a [InfoHash]),
}

impl Question<'_> {
    fn action(&self) -> Action {
        match self {
            Self::Announce(..) => Action::Announce,
            Self::Scrape(_) => Action::Scrape,
        }
    }

    fn packet(&self, id: ConnectionId, transaction: TransactionId) -> Vec<u8> {
        match self {
            Self::Announce(request, options) => packet::announce(id, transaction, request, options),
            Self::Scrape(hashes) => packet::scrape(id, transaction, hashes),
        }
    }
}

/// Each address has its share of the time; only silence leads to the next one.
async fn ask_any(
    addresses: &[SocketAddr],
    question: &Question<'_>,
    ids: &Mutex<ConnectionIds>,
    limit: Duration,
) -> Result<Reply, TrackerError> {
    let share = limit / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut failure = TrackerError::Timeout;
    for address in addresses {
        let asked = async { Exchange::open(*address, ids).await?.ask(question).await };
        match tokio::time::timeout(share, asked).await {
            Ok(Err(error @ TrackerError::Connect(_))) => failure = error,
            Ok(outcome) => return outcome,
            Err(_) => failure = TrackerError::Timeout,
        }
    }
    Err(failure)
}

/// One socket to one tracker.
struct Exchange<'a> {
    socket: UdpSocket,
    address: SocketAddr,
    ids: &'a Mutex<ConnectionIds>,
    /// A datagram as it comes.
    buffer: Vec<u8>,
}

impl<'a> Exchange<'a> {
    async fn open(
        address: SocketAddr,
        ids: &'a Mutex<ConnectionIds>,
    ) -> Result<Self, TrackerError> {
        let any: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((any, 0)).await.map_err(network)?;
        socket.connect(address).await.map_err(network)?;
        Ok(Self { socket, address, ids, buffer: vec![0; MAX_DATAGRAM] })
    }

    /// Asks with the id at hand; with a new one where there is none, or it is taken no more.
    async fn ask(mut self, question: &Question<'_>) -> Result<Reply, TrackerError> {
        let known = self.ids().get(Instant::now(), self.address);
        if let Some(id) = known {
            // Some trackers refuse an old id, others say nothing.
            let once = tokio::time::timeout(FIRST_WAIT, self.put(question, id)).await;
            if let Ok(Ok(reply)) = once {
                return Ok(reply);
            }
            self.ids().forget(self.address);
        }
        let id = self.connect().await?;
        self.ids().insert(Instant::now(), self.address, id);
        self.put(question, id).await
    }

    async fn connect(&mut self) -> Result<ConnectionId, TrackerError> {
        let transaction = TransactionId(rand::random());
        match self.send(&packet::connect(transaction), Action::Connect, transaction).await? {
            Reply::Connected(id) => Ok(id),
            other => Err(unexpected(&other)),
        }
    }

    async fn put(
        &mut self,
        question: &Question<'_>,
        id: ConnectionId,
    ) -> Result<Reply, TrackerError> {
        let transaction = TransactionId(rand::random());
        self.send(&question.packet(id, transaction), question.action(), transaction).await
    }

    /// Sends a packet, again and again, until it is answered.
    async fn send(
        &mut self,
        packet: &[u8],
        action: Action,
        transaction: TransactionId,
    ) -> Result<Reply, TrackerError> {
        let awaited = Awaited { action, transaction, family: Family::of(self.address.ip()) };
        let mut wait = FIRST_WAIT;
        loop {
            self.socket.send(packet).await.map_err(network)?;
            if let Ok(reply) = tokio::time::timeout(wait, self.answer(awaited)).await {
                return match reply? {
                    Reply::Error(reason) => Err(TrackerError::Refused(reason)),
                    reply => Ok(reply),
                };
            }
            wait *= 2;
        }
    }

    /// The first datagram that is the answer; others are ignored.
    async fn answer(&mut self, awaited: Awaited) -> Result<Reply, TrackerError> {
        loop {
            let length = self.socket.recv(&mut self.buffer).await.map_err(network)?;
            let datagram = self.buffer.get(..length).unwrap_or_default();
            if let Some(reply) = awaited.read(datagram) {
                return Ok(reply);
            }
        }
    }

    fn ids(&self) -> MutexGuard<'a, ConnectionIds> {
        // Whatever a panic left is a list of ids that may be tried.
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn network(error: std::io::Error) -> TrackerError {
    TrackerError::Connect(error.to_string())
}

/// [`Awaited::read`] gives no other action's reply.
fn unexpected(reply: &Reply) -> TrackerError {
    TrackerError::Malformed(format!("not the answer to the question: {reply:?}"))
}
