//! A magnet whose metadata nobody has sent yet: every route says what it knows, and no more.

mod common;

use std::time::{Duration, Instant};

use common::{Answer, Server, Setup};
use serde_json::{Value, json};

const HASH: &str = "0123456789abcdef0123456789abcdef01234567";

async fn add(server: &Server, query: &str, body: &Value) -> Answer {
    let line = format!("POST /api/torrents{query}");
    let json = ["Content-Type: application/json"];
    server.send_body(&line, &json, body.to_string().as_bytes()).await
}

fn link() -> String {
    format!("magnet:?xt=urn:btih:{HASH}&dn=A%20Film")
}

fn encoded() -> String {
    url::form_urlencoded::byte_serialize(link().as_bytes()).collect()
}

#[tokio::test]
async fn adding_answers_202_when_the_wait_is_over() {
    let server = Server::start(Setup::default()).await;
    let at_once = Instant::now();
    let answer = add(&server, "?wait=0", &json!({"magnetUri": link()})).await;
    let data = &answer.json()["data"];
    assert!(at_once.elapsed() < Duration::from_secs(3), "nothing was waited for");
    assert_eq!((answer.status, &data["status"]), (202, &json!("connecting")), "{answer:?}");
    assert_eq!((&data["infoHash"], &data["name"]), (&json!(HASH), &json!("A Film")));
    assert_eq!((&data["files"], &data["cached"]), (&json!([]), &json!(false)));
    let waited = Instant::now();
    let again = add(&server, "?wait=1", &json!({"infoHash": HASH.to_uppercase()})).await;
    assert!(waited.elapsed() >= Duration::from_secs(1), "it waits as long as it was told to");
    assert_eq!((again.status, &again.json()["data"]["cached"]), (202, &json!(true)), "{again:?}");
    assert_eq!(server.engine.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_paused_one_is_not_waited_for() {
    let server = Server::start(Setup::default()).await;
    let began = Instant::now();
    let answer = add(&server, "?wait=60", &json!({"magnetUri": link(), "paused": true})).await;
    assert!(began.elapsed() < Duration::from_secs(10), "{answer:?}");
    assert_eq!((answer.status, &answer.json()["data"]["status"]), (202, &json!("paused")));
}

#[tokio::test]
async fn it_is_listed_with_nothing_in_it() {
    let server = Server::start(Setup::default()).await;
    add(&server, "?wait=0", &json!({"magnetUri": link()})).await;
    let list = server.send("GET /api/torrents", &[]).await.json();
    let one = &list["data"]["torrents"][0];
    assert_eq!((&one["status"], &one["progress"]), (&json!("connecting"), &json!("0.00")));
    assert_eq!(list["data"]["dht"], json!({"enabled": false, "nodes": 0}));
    let full = &server.send(&format!("GET /api/torrents/{HASH}"), &[]).await.json()["data"];
    assert_eq!((&full["progress"], &full["files"]), (&json!("0.00"), &json!([])));
    assert_eq!((&full["timeRemaining"], &full["length"]), (&Value::Null, &json!(0)));
    let files = server.send(&format!("GET /api/torrents/{HASH}/files"), &[]).await.json();
    assert_eq!(files["data"], json!({"infoHash": HASH, "files": [], "count": 0}));
    let info = server.send(&format!("GET /stream/info/{HASH}"), &[]).await.json();
    assert_eq!(info["data"]["totalFiles"], 0);
    let stats = server.send(&format!("GET /api/sources/{HASH}/stats?fileIndex=0"), &[]).await;
    assert_eq!((stats.status, &stats.json()["fileProgress"]), (200, &json!(0.0)));
    for line in
        [format!("PUT /api/torrents/{HASH}/recheck"), format!("GET /api/torrents/{HASH}/torrent")]
    {
        let answer = server.send(&line, &[]).await;
        assert_eq!((answer.status, answer.code()), (409, "conflict".into()), "{line}");
    }
    let select = format!("PUT /api/torrents/{HASH}/files");
    let answer = server.send_body(&select, &[], br#"{"selectedFiles":[0]}"#).await;
    assert_eq!((answer.status, answer.code()), (409, "conflict".into()));
}

#[tokio::test]
async fn what_needs_it_ends_in_504_with_the_reason() {
    let server = Server::start(Setup::default()).await;
    let link = encoded();
    for line in [
        format!("GET /torrent/info?magnet={link}"),
        format!("GET /stream?magnet={link}"),
        format!("GET /api/stream?magnet={link}"),
        format!("GET /stream?sourceKey={HASH}"),
        format!("GET /stream/proxy/{HASH}"),
    ] {
        let answer = server.send(&line, &[]).await;
        assert_eq!((answer.status, answer.code()), (504, "no_peers".into()), "{line}");
    }
    let stopped = server.send(&format!("DELETE /stream?magnet={link}"), &[]).await;
    assert_eq!((stopped.status, stopped.json()), (200, json!({"stopped": 0})));
    let removed = server.send(&format!("DELETE /torrent?magnet={link}"), &[]).await;
    let data = json!({"infoHash": HASH, "deletedFiles": false});
    assert_eq!((removed.status, &removed.json()["data"]), (200, &data));
    assert!(server.engine.list().await.unwrap().is_empty());
}
