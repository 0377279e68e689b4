//! One `mainline` node. Its calls panic when its thread is dead, so each is guarded here and becomes
//! a [`DhtError`].

use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::{SocketAddr, SocketAddrV4};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{FutureExt, StreamExt};
use mainline::async_dht::AsyncDht;
use mainline::{DEFAULT_BOOTSTRAP_NODES, Id};
use wire::{AddressPolicy, InfoHash};

use crate::actor::MAX_PEERS;
use crate::{Config, DhtError};

/// For one call on the node. An announce is a lookup and a store: about 4 s each at worst.
const TIMEOUT: Duration = Duration::from_secs(20);

/// For the names of bootstrap nodes, all together.
const RESOLVE: Duration = Duration::from_secs(2);
/// Tries of a taken port, and the wait between two: a former node of ours lets go of it within its
/// read time-out of 50 ms.
const PORT_TRIES: (u32, Duration) = (5, Duration::from_millis(100));

/// What a node is like at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// Its UDP socket.
    pub(crate) local_addr: SocketAddr,
    /// Live nodes of its routing table.
    pub(crate) nodes: Vec<SocketAddr>,
}

/// A handle on a running node; the node ends with the last one.
#[derive(Clone, Debug)]
pub(crate) struct Node(AsyncDht);

impl Node {
    /// Resolves the bootstrap names, binds the socket and starts the node's thread. The error beside
    /// the node is [`DhtError::PortTaken`].
    pub(crate) async fn build(
        config: Config,
        contacts: Vec<SocketAddrV4>,
    ) -> Result<(Self, Option<DhtError>), DhtError> {
        let bootstrap = match &config.bootstrap {
            Some(named) => resolve(named).await,
            None => resolve(&DEFAULT_BOOTSTRAP_NODES).await,
        };
        let build = move || {
            let mut builder = mainline::Dht::builder();
            builder.bootstrap(&bootstrap).extra_bootstrap(&contacts).bind_address(config.bind);
            for _ in 0..PORT_TRIES.0 {
                match builder.port(config.port).build() {
                    Err(error) if error.kind() == ErrorKind::AddrInUse => {}
                    built => return built.map(|dht| (dht, None)),
                }
                std::thread::sleep(PORT_TRIES.1);
            }
            let built = builder.port(0).build();
            built.map(|dht| (dht, Some(DhtError::PortTaken(config.port))))
        };
        match tokio::task::spawn_blocking(build).await {
            Ok(Ok((dht, error))) => Ok((Self(dht.as_async()), error)),
            Ok(Err(error)) => Err(DhtError::Start(error.to_string())),
            Err(_) => Err(DhtError::Died),
        }
    }

    /// Reports peers as they come, each once, and returns how many.
    pub(crate) async fn lookup(
        self,
        info_hash: InfoHash,
        policy: AddressPolicy,
        report: impl Fn(Vec<SocketAddr>),
    ) -> Result<usize, DhtError> {
        guarded(async move {
            let mut seen = HashSet::new();
            let mut batches = self.0.get_peers(Id::from(info_hash.0));
            while let Some(batch) = batches.next().await {
                let mut peers: Vec<SocketAddr> = batch.into_iter().map(SocketAddr::V4).collect();
                peers.retain(|peer| {
                    seen.len() < MAX_PEERS && policy.permits_peer(*peer) && seen.insert(*peer)
                });
                if !peers.is_empty() {
                    report(peers);
                }
            }
            Ok(seen.len())
        })
        .await
    }

    pub(crate) async fn announce(self, info_hash: InfoHash, port: u16) -> Result<(), DhtError> {
        guarded(async move {
            let announced = self.0.announce_peer(Id::from(info_hash.0), Some(port)).await;
            announced.map_err(|e| DhtError::Announce(e.to_string()))?;
            Ok(())
        })
        .await
    }

    /// Takes some 50 ms: not to be asked for at every turn.
    pub(crate) async fn snapshot(self) -> Result<Snapshot, DhtError> {
        guarded(async move {
            fail::fail_point!("dht::node");
            Ok(Snapshot {
                local_addr: self.0.info().await.local_addr().into(),
                nodes: self.0.to_bootstrap().await.iter().flat_map(|node| node.parse()).collect(),
            })
        })
        .await
    }
}

/// IPv4 addresses of `host:port` names, of those that resolve in time. `mainline` would resolve them
/// one after the other and wait for each: a warm start needs none of them.
async fn resolve(names: &[impl AsRef<str>]) -> Vec<SocketAddrV4> {
    let lookups = names.iter().map(|name| tokio::net::lookup_host(name.as_ref()));
    let resolved = join_all(lookups.map(|lookup| tokio::time::timeout(RESOLVE, lookup))).await;
    let addresses = resolved.into_iter().flatten().flatten().flatten();
    addresses
        .filter_map(|address| if let SocketAddr::V4(v4) = address { Some(v4) } else { None })
        .collect()
}

/// A panic is [`DhtError::Died`], too long a wait [`DhtError::Timeout`].
async fn guarded<T>(call: impl Future<Output = Result<T, DhtError>>) -> Result<T, DhtError> {
    match tokio::time::timeout(TIMEOUT, AssertUnwindSafe(call).catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(DhtError::Died),
        Err(_) => Err(DhtError::Timeout),
    }
}
