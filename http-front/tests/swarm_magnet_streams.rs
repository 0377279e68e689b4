//! A magnet link is enough: its peer sends the metadata, then the file, on every route that takes
//! one.
#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use fixtures::Result;
use fixtures::server::{Client, Response, Server, ServerOptions};
use fixtures::swarm::Seeders;
use fixtures::torrents::{Torrent, TorrentSpec};
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

const LENGTH: u64 = 3_000_000;

struct Swarm {
    torrent: Torrent,
    seeders: Seeders,
    server: Server,
    client: Client,
}

impl Swarm {
    async fn start() -> Result<Self> {
        let files = [("cover.jpg", LENGTH + 5), ("film.mp4", LENGTH), ("words.srt", 500)];
        let torrent = TorrentSpec::pieces_of(64 * 1024).of_folder("A Film", 21, &files)?;
        let seeders = Seeders::one(&torrent).await?;
        let server = Server::start(ServerOptions::new(env!("CARGO_BIN_EXE_millrace"))).await?;
        let client = server.client();
        Ok(Self { torrent, seeders, server, client })
    }

    /// A link that names the seeder (BEP 9), and selects a file (BEP 53).
    fn link(&self) -> String {
        let peer = self.seeders.addrs()[0];
        format!("magnet:?xt=urn:btih:{}&dn=A%20Film&x.pe={peer}&so=1", self.torrent.info_hash)
    }

    fn encoded(&self) -> String {
        byte_serialize(self.link().as_bytes()).collect()
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Response> {
        let json = [("content-type", "application/json")];
        self.client.send("POST", path, &json, body.to_string()).await
    }

    fn film(&self) -> Vec<u8> {
        let film = self.torrent.files.iter().find(|file| file.path.ends_with("film.mp4"));
        film.unwrap().read(0, LENGTH).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn adding_waits_for_its_metadata() -> Result<()> {
    let swarm = Swarm::start().await?;
    let added = swarm.post("/api/torrents?wait=30", &json!({"magnetUri": swarm.link()})).await?;
    assert_eq!(added.status, 201);
    let added = added.json().await?;
    assert_eq!(added["data"]["files"].as_array().unwrap().len(), 3, "{added}");
    assert_eq!(added["data"]["infoHash"], swarm.torrent.info_hash);
    let path = format!("/api/torrents/{}/files", swarm.torrent.info_hash);
    let files = swarm.client.json(&path).await?;
    let selected: Vec<_> =
        files["data"]["files"].as_array().unwrap().iter().map(|f| &f["selected"]).collect();
    assert_eq!(selected, [false, true, false], "so=1: {files}");
    let again = swarm
        .client
        .send("POST", "/api/torrents", &[("content-type", "text/plain")], swarm.link())
        .await?;
    assert_eq!(again.status, 200);
    assert_eq!(again.json().await?["data"]["cached"], true);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_by_magnet_needs_no_adding() -> Result<()> {
    let swarm = Swarm::start().await?;
    let link = swarm.encoded();
    let whole = swarm.client.get(&format!("/stream?magnet={link}")).await?;
    assert_eq!(whole.header("content-type"), "video/mp4", "the largest playable file");
    assert!(whole.bytes().await? == swarm.film());
    let path = format!("/api/stream?magnet={link}");
    let part = swarm.client.get_range(&path, "bytes=1000-1999").await?;
    assert_eq!(part.status, 206);
    assert!(part.bytes().await? == swarm.film()[1000..2000]);
    let path = format!("/stream?magnet={link}&file_index=2");
    let head = swarm.client.send("HEAD", &path, &[], Vec::new()).await?;
    assert_eq!((head.status.as_u16(), head.header("content-length")), (200, "500"));
    let path = format!("/stream?magnet={link}&file_index=9");
    assert_eq!(swarm.client.get(&path).await?.status, 404);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn its_metadata_is_told_and_it_is_removed_by_magnet() -> Result<()> {
    let swarm = Swarm::start().await?;
    let link = swarm.encoded();
    let info = swarm.client.json(&format!("/torrent/info?magnet={link}")).await?;
    assert_eq!((&info["success"], &info["data"]["name"]), (&json!(true), &json!("A Film")));
    assert_eq!(info["data"]["files"].as_array().unwrap().len(), 3, "{info}");
    let path = format!("/torrent?magnet={link}");
    let removed = swarm.client.send("DELETE", &path, &[], Vec::new()).await?;
    assert_eq!(removed.status, 200);
    assert_eq!(removed.json().await?["data"]["deletedFiles"], false);
    assert_eq!(swarm.client.json("/api/torrents").await?["data"]["total"], 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_is_registered_at_once_and_streams_when_it_can() -> Result<()> {
    let swarm = Swarm::start().await?;
    let magnet = json!({"sourceType": "magnet", "source": swarm.link()});
    let answer = swarm.post("/api/sources", &magnet).await?.ok()?.json().await?;
    assert_eq!(answer, json!({"sourceKey": swarm.torrent.info_hash}));
    let file = data_encoding::BASE64.encode(&swarm.torrent.bytes);
    let same = json!({"sourceType": "torrent", "source": file});
    assert_eq!(swarm.post("/api/sources", &same).await?.ok()?.json().await?, answer);
    let path = format!("/stream?sourceKey={}&fileIndex=1", swarm.torrent.info_hash);
    assert!(swarm.client.get(&path).await?.ok()?.bytes().await? == swarm.film());
    let path = format!("/api/sources/{}/stats?fileIndex=1", swarm.torrent.info_hash);
    let stats = swarm.client.json(&path).await?;
    assert_eq!((&stats["fileProgress"], &stats["fileLength"]), (&json!(1.0), &json!(LENGTH)));
    assert_eq!(stats["fileDownloaded"], LENGTH);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_files_streams_are_ended_by_magnet() -> Result<()> {
    let swarm = Swarm::start().await?;
    let link = swarm.encoded();
    swarm.seeders.limit_upload(100_000).await?;
    let mut film = swarm.client.get(&format!("/stream?magnet={link}&file_index=1")).await?;
    film.at_least(1).await?;
    let other = format!("/stream?magnet={link}&file_index=0");
    let none = swarm.client.send("DELETE", &other, &[], Vec::new()).await?;
    assert_eq!(none.json().await?, json!({"stopped": 0}));
    let path = format!("/stream?magnet={link}&file_index=1");
    let ended = swarm.client.send("DELETE", &path, &[], Vec::new()).await?;
    assert_eq!(ended.json().await?, json!({"stopped": 1}));
    assert!(film.bytes().await.is_err(), "cut off, not ended as if whole");
    assert_eq!(swarm.client.json("/api/torrents").await?["data"]["total"], 1, "it stays");
    drop(swarm.server);
    Ok(())
}
