//! One announce or scrape, whatever the URL's scheme: HTTP, HTTPS (BEP 3) or UDP (BEP 15).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;
use wire::{AddressPolicy, InfoHash};

use crate::announce::{Answer, Request};
use crate::family::Family;
use crate::http::{HttpAnswer, Limits, TIMEOUT};
use crate::scrape::{self, Counts};
use crate::udp::{ConnectionIds, exchange, url_data};
use crate::{TrackerError, http, resolve};

/// Whether [`Client`] can ask this URL.
///
/// # Errors
/// [`TrackerError::UnsupportedScheme`] where it cannot; [`TrackerError::InvalidUrl`] for a UDP
/// tracker without a port, for UDP has no usual one, or with a path no datagram holds.
pub fn supports(url: &Url) -> Result<(), TrackerError> {
    match url.scheme() {
        "udp" if url.port().is_none() => Err(TrackerError::InvalidUrl("no port".to_owned())),
        "udp" => url_data::options(url).map(|_| ()),
        scheme if http::speaks(scheme) => Ok(()),
        other => Err(TrackerError::UnsupportedScheme(other.to_owned())),
    }
}

/// Scrapes a tracker once; [`Client::scrape`] where more is asked of it.
///
/// # Errors
/// Those of [`Client::scrape`].
pub async fn scrape(
    url: &Url,
    info_hashes: &[InfoHash],
    policy: AddressPolicy,
) -> Result<Vec<(InfoHash, Counts)>, TrackerError> {
    Client::new(policy).scrape(url, info_hashes).await
}

/// Asks trackers. Cheap to clone; clones share the connection ids.
#[derive(Clone, Debug)]
pub struct Client {
    /// Which addresses may be contacted, and which peers are taken from answers.
    policy: AddressPolicy,
    /// Held for a look-up, never across an await; one torrent's tasks share it, no other does.
    ids: Arc<Mutex<ConnectionIds>>,
}

/// An announce that one address family answered.
#[derive(Debug)]
pub struct Announced {
    /// The first good answer.
    pub answer: Answer,
    /// The other family's announce, if it is still on its way; dropping it aborts that.
    other: JoinSet<Result<Answer, TrackerError>>,
}

impl Announced {
    /// Waits for the other family's answer; `None` where there is no other, or it fails.
    pub async fn other_family(&mut self) -> Option<Answer> {
        self.other.join_next().await?.ok()?.ok()
    }
}

impl Client {
    /// A client that contacts what `policy` permits.
    pub fn new(policy: AddressPolicy) -> Self {
        Self { policy, ids: Arc::default() }
    }

    /// Announces to one tracker, over both address families where it has both (BEP 7), and returns
    /// with the first good answer, within [`TIMEOUT`].
    ///
    /// # Errors
    /// Everything [`http::fetch`] and [`Answer::parse`] return; [`TrackerError::Status`] for an
    /// HTTP error that carries no `failure reason`; the last family's where both fail.
    pub async fn announce(&self, url: &Url, request: &Request) -> Result<Announced, TrackerError> {
        supports(url)?;
        let deadline = Instant::now() + TIMEOUT;
        let resolved = resolve::permitted_addresses(url, &self.policy);
        let addresses = tokio::time::timeout_at(deadline, resolved)
            .await
            .unwrap_or(Err(TrackerError::Timeout))?;
        self.announce_at(url, &addresses, request, deadline).await
    }

    /// Announces to a tracker at these addresses.
    async fn announce_at(
        &self,
        url: &Url,
        addresses: &[SocketAddr],
        request: &Request,
        deadline: Instant,
    ) -> Result<Announced, TrackerError> {
        let families = [Family::V6, Family::V4].map(|family| (family, family.only(addresses)));
        let is_dual = families.iter().all(|(_, addresses)| !addresses.is_empty());
        let mut announces = JoinSet::new();
        for (family, addresses) in families {
            if !addresses.is_empty() {
                let (client, url, request) = (self.clone(), url.clone(), request.clone());
                let family = is_dual.then_some(family);
                announces.spawn(async move {
                    let announced =
                        client.announce_over(url, addresses, family, &request, deadline);
                    tokio::time::timeout_at(deadline, announced)
                        .await
                        .unwrap_or(Err(TrackerError::Timeout))
                });
            }
        }
        let mut failure = TrackerError::GivenUp;
        while let Some(outcome) = announces.join_next().await {
            match outcome {
                Ok(Ok(answer)) => return Ok(Announced { answer, other: announces }),
                Ok(Err(error)) => failure = error,
                Err(_) => {}
            }
        }
        Err(failure)
    }

    /// Announces over one address family.
    async fn announce_over(
        &self,
        url: Url,
        addresses: Vec<SocketAddr>,
        family: Option<Family>,
        request: &Request,
        deadline: Instant,
    ) -> Result<Answer, TrackerError> {
        if url.scheme() == "udp" {
            let limit = deadline.saturating_duration_since(Instant::now());
            return exchange::announce(&url, &addresses, request, &self.policy, &self.ids, limit)
                .await;
        }
        let url = request.url(&url);
        let answer = http::follow(url, addresses, family, &self.policy, &Limits::default()).await?;
        read(&answer, |body| Answer::parse(body, &self.policy))
    }

    /// How many are in the swarms of at most [`scrape::MAX_SCRAPE`] torrents; those the tracker
    /// does not know are left out, or counted as empty.
    ///
    /// # Errors
    /// As for an announce; [`TrackerError::NoScrape`] where the URL leads to no scrape URL.
    pub async fn scrape(
        &self,
        url: &Url,
        info_hashes: &[InfoHash],
    ) -> Result<Vec<(InfoHash, Counts)>, TrackerError> {
        supports(url)?;
        let info_hashes = info_hashes.get(..scrape::MAX_SCRAPE).unwrap_or(info_hashes);
        if url.scheme() != "udp" {
            let answer = http::get(&scrape::url(url, info_hashes)?, &self.policy).await?;
            return read(&answer, |body| scrape::parse(body, info_hashes));
        }
        let scraped = async {
            let addresses = resolve::permitted_addresses(url, &self.policy).await?;
            exchange::scrape(&addresses, info_hashes, &self.ids, TIMEOUT).await
        };
        let counts =
            tokio::time::timeout(TIMEOUT, scraped).await.unwrap_or(Err(TrackerError::Timeout))?;
        Ok(info_hashes.iter().copied().zip(counts).collect())
    }
}

/// An HTTP answer's meaning: a `failure reason` says more than the status it comes with.
fn read<T>(
    answer: &HttpAnswer,
    parse: impl FnOnce(&[u8]) -> Result<T, TrackerError>,
) -> Result<T, TrackerError> {
    match parse(&answer.body) {
        Err(refused @ TrackerError::Refused(_)) => Err(refused),
        _ if !(200..300).contains(&answer.status) => Err(TrackerError::Status(answer.status)),
        parsed => parsed,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::time::Duration;

    use wire::PeerId;

    use super::*;
    use crate::{Event, LocalTracker, Transfer};

    fn request() -> Request {
        Request {
            info_hash: InfoHash([1; 20]),
            peer_id: PeerId::ours(*b"abcdefghijkl"),
            port: 6881,
            key: 1,
            transfer: Transfer::default(),
            event: Event::Started,
            numwant: 50,
            tracker_id: None,
        }
    }

    /// Announces to a host that has these addresses.
    async fn announce(
        scheme: &str,
        addresses: &[SocketAddr],
        limit: Duration,
    ) -> Result<Announced, TrackerError> {
        let url = Url::parse(&format!("{scheme}://t.test:1/announce"));
        let url = url.map_err(|e| TrackerError::InvalidUrl(e.to_string()))?;
        let client = Client::new(AddressPolicy::LOCAL_TOO);
        client.announce_at(&url, addresses, &request(), Instant::now() + limit).await
    }

    #[tokio::test]
    async fn a_host_of_both_families_hears_of_us_over_both() -> Result<(), TrackerError> {
        for scheme in ["http", "udp"] {
            let local = LocalTracker::bind((Ipv6Addr::UNSPECIFIED, 0).into()).await?;
            let port = local.addr().port();
            let both = [(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()];
            let mut announced = announce(scheme, &both, TIMEOUT).await?;
            assert!(announced.other_family().await.is_some());
            let torrents = local.torrents();
            let mut heard: Vec<Family> = torrents
                .iter()
                .flat_map(|torrent| &torrent.peers)
                .map(|peer| Family::of(peer.addr.ip()))
                .collect();
            heard.sort_by_key(|family| *family == Family::V6);
            assert_eq!(heard, [Family::V4, Family::V6], "{scheme}");
            local.shutdown().await;
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_silent_family_does_not_hold_up_the_other() -> Result<(), TrackerError> {
        let silent = tokio::net::UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).await;
        let silent = silent.and_then(|socket| socket.local_addr().map(|addr| (socket, addr)));
        let (_held, silent) = silent.map_err(|e| TrackerError::Bind(e.to_string()))?;
        let local = LocalTracker::bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
        let start = Instant::now();
        let mut announced =
            announce("udp", &[silent, local.addr()], Duration::from_secs(4)).await?;
        assert!(start.elapsed() < Duration::from_secs(2));
        assert_eq!(announced.answer.seeders, Some(1));
        assert!(announced.other_family().await.is_none());
        local.shutdown().await;
        Ok(())
    }

    #[tokio::test]
    async fn a_dead_address_does_not_hide_a_live_one() -> Result<(), TrackerError> {
        for scheme in ["http", "udp"] {
            let local = LocalTracker::bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
            let dead = (Ipv4Addr::new(127, 0, 0, 2), local.addr().port()).into();
            announce(scheme, &[dead, local.addr()], TIMEOUT).await?;
            local.shutdown().await;
        }
        Ok(())
    }
}
