//! A server with a local DHT tells of its nodes; one without tells that.
#![cfg(feature = "lab")]

use std::time::Duration;

use fixtures::Result;
use fixtures::server::{Server, ServerOptions};
use fixtures::swarm::{Libtorrent, LibtorrentPeer, PeerOptions, Role};
use fixtures::torrents::TorrentSpec;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn health_status_and_list_agree() -> Result<()> {
    let torrent = TorrentSpec::pieces_of(16 * 1024).of_random("film.mp4", 41, 20_000)?;
    let settings = json!({
        "enable_dht": true,
        "dht_bootstrap_nodes": "",
        "dht_restrict_routing_ips": false,
        "dht_restrict_search_ips": false,
        "dht_enforce_node_id": false,
    });
    let options = PeerOptions { settings, ..PeerOptions::default() };
    let process = Libtorrent::start().await?;
    let node = LibtorrentPeer::start(&process, &torrent, Role::Seed, options).await?;
    let options = ServerOptions::new(env!("CARGO_BIN_EXE_millrace")).dht([node.address()]);
    let server = Server::start(options).await?;
    let client = server.client();
    let found = |health: &serde_json::Value| {
        health["services"]["torrent"]["dht"]["nodes"].as_u64() > Some(0)
    };
    let health = client.until("/health", Duration::from_secs(30), found).await?;
    assert_eq!(health["services"]["torrent"]["dht"]["enabled"], true);
    let status = client.json("/status").await?;
    assert_eq!((&status["dht"]["enabled"], &status["dht"]["alive"]), (&json!(true), &json!(true)));
    assert!(status["dht"]["nodes"].as_u64() > Some(0), "{status}");
    let list = client.json("/api/torrents").await?;
    assert_eq!(list["data"]["dht"]["enabled"], true);
    assert!(list["data"]["dht"]["nodes"].as_u64() > Some(0), "{list}");
    let without = Server::start(ServerOptions::new(env!("CARGO_BIN_EXE_millrace"))).await?;
    let status = without.client().json("/status").await?;
    assert_eq!(status["dht"], json!({"enabled": false, "nodes": 0, "alive": false}));
    Ok(())
}
