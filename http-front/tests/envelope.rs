//! Every failure answers in the envelope: routes, methods, parameters, bodies.

mod common;

use common::{Server, Setup};

#[tokio::test]
async fn an_unknown_route_is_404() {
    let server = Server::start(Setup::default()).await;
    for path in ["/nothing", "/api/nothing", "/api/torrents/x/y/z", "/stream/proxy"] {
        let answer = server.send(&format!("GET {path}"), &[]).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_405_and_says_which_are_right() {
    let server = Server::start(Setup::default()).await;
    for line in ["PATCH /api/torrents", "POST /health", "DELETE /streams", "PUT /"] {
        let answer = server.send(line, &[]).await;
        assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"), "{line}");
        assert!(answer.header("allow").is_some(), "{answer:?}");
    }
}

#[tokio::test]
async fn a_malformed_parameter_is_400_naming_it() {
    let server = Server::start(Setup::default()).await;
    let hash = "a".repeat(40);
    for line in [
        "GET /api/torrents/xyz".to_owned(),
        format!("GET /api/torrents/{}", "g".repeat(40)),
        format!("GET /api/torrents/{}", "a".repeat(41)),
        format!("GET /stream/file/{hash}/-1"),
        "GET /stream/info/%00%00".to_owned(),
        "GET /api/torrents/%ff".to_owned(),
    ] {
        let answer = server.send(&line, &[]).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"), "{line}");
    }
    for (query, name) in [("fileIndex=-1", "fileIndex"), ("download=maybe", "download")] {
        let answer = server.send(&format!("GET /stream/proxy/{hash}?{query}"), &[]).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.body.contains(name), "{answer:?}");
    }
    let answer = server.send_body("POST /api/torrents?wait=61", &[], b"{}").await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"));
}

#[tokio::test]
async fn a_field_of_the_wrong_type_is_named() {
    let server = Server::start(Setup::default()).await;
    let json = ["Content-Type: application/json"];
    for (body, name) in [
        (r#"{"selectedFiles":"all"}"#, "selectedFiles"),
        (r#"{"paused":"yes"}"#, "paused"),
        (r#"{"peers":["nobody"]}"#, "peers"),
        (r#"{"magnetUri":7}"#, "magnetUri"),
    ] {
        let answer = server.send_body("POST /api/torrents", &json, body.as_bytes()).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_json"), "{body}");
        assert!(answer.json()["error"].as_str().unwrap().contains(name), "{answer:?}");
    }
    for body in ["", "{", "[]", "nul"] {
        let headers =
            ["Content-Type: application/json", &format!("Content-Length: {}", body.len())];
        let answer = server.send_body("POST /api/torrents", &headers, body.as_bytes()).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_json"), "{body:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_added_says_why() {
    let server = Server::start(Setup::default()).await;
    let two_torrents = format!(
        r#"{{"magnetUri":"magnet:?xt=urn:btih:{}","infoHash":"{}"}}"#,
        "a".repeat(40),
        "b".repeat(40)
    );
    let url_and_hash = format!(r#"{{"url":"http://h/","infoHash":"{}"}}"#, "b".repeat(40));
    let cases: [(&str, &[u8], u16, &str); 10] = [
        ("application/x-bittorrent", b"not bencode", 400, "bad_torrent"),
        ("application/x-bittorrent", b"de", 400, "bad_torrent"),
        ("application/json", b"{}", 400, "bad_request"),
        ("application/json", br#"{"infoHash":"12"}"#, 400, "bad_magnet"),
        ("application/json", br#"{"url":"file:///etc/passwd"}"#, 400, "bad_request"),
        ("application/json", two_torrents.as_bytes(), 400, "bad_magnet"),
        ("application/json", url_and_hash.as_bytes(), 400, "bad_request"),
        ("text/plain", b"magnet:?dn=nothing", 400, "bad_magnet"),
        ("text/plain", b"", 400, "bad_magnet"),
        ("image/png", b"x", 415, "unsupported_type"),
    ];
    for (kind, body, status, code) in cases {
        let header = format!("Content-Type: {kind}");
        let answer = server.send_body("POST /api/torrents", &[&header], body).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{kind}");
    }
}

/// HOSTILE 14 and 15: wrong hashes, no hash, a link that is too long; the reason is said.
#[tokio::test]
async fn hostile_14_and_15_a_magnet_that_cannot_be_says_why_on_every_route() {
    let server = Server::start(Setup::default()).await;
    let hash = "a".repeat(40);
    let long = format!("magnet:?xt=urn:btih:{hash}&dn={}", "x".repeat(8192));
    for (link, said) in [
        ("magnet:?dn=x".to_owned(), "without an info hash"),
        (format!("magnet:?xt=urn:btih:{hash}a"), "malformed info hash"),
        (format!("magnet:?xt=urn:btih:{}", "1".repeat(32)), "malformed info hash"),
        ("magnet:?xt=urn:btmh:1220aa".to_owned(), "malformed info hash"),
        (long, "longer than 8192"),
        ("http://h/x.torrent".to_owned(), "not a magnet link"),
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(link.as_bytes()).collect();
        let json = serde_json::json!({"magnetUri": link}).to_string();
        let source = serde_json::json!({"sourceType": "magnet", "source": link}).to_string();
        for (line, kind, body) in [
            ("POST /api/torrents".to_owned(), "application/json", json.as_str()),
            ("POST /api/torrents".to_owned(), "text/plain", link.as_str()),
            ("POST /api/sources".to_owned(), "application/json", source.as_str()),
            (format!("GET /stream?magnet={encoded}"), "", ""),
            (format!("GET /api/stream?magnet={encoded}"), "", ""),
            (format!("DELETE /stream?magnet={encoded}"), "", ""),
            (format!("GET /torrent/info?magnet={encoded}"), "", ""),
            (format!("DELETE /torrent?magnet={encoded}"), "", ""),
        ] {
            let header = format!("Content-Type: {kind}");
            let answer = server.send_body(&line, &[&header], body.as_bytes()).await;
            let found = (answer.status, answer.code());
            assert_eq!(found, (400, "bad_magnet".into()), "{line}");
            assert!(answer.json()["error"].as_str().unwrap().contains(said), "{answer:?}");
        }
    }
    assert!(server.engine.list().await.unwrap().is_empty(), "nothing was added");
}

#[tokio::test]
async fn a_stream_is_named_once() {
    let server = Server::start(Setup::default()).await;
    let hash = "a".repeat(40);
    let both = format!("magnet={hash}&sourceKey={hash}");
    for query in ["", "fileIndex=0", &both, "sourceKey=x", "magnet="] {
        for line in [format!("GET /stream?{query}"), format!("DELETE /stream?{query}")] {
            assert_eq!(server.send(&line, &[]).await.status, 400, "{line}");
        }
    }
    let unknown = server.send(&format!("GET /stream?sourceKey={hash}"), &[]).await;
    assert_eq!((unknown.status, unknown.code()), (404, "no_such_torrent".into()));
    let unknown = server.send(&format!("DELETE /torrent?magnet={hash}"), &[]).await;
    assert_eq!((unknown.status, unknown.code()), (404, "no_such_torrent".into()));
}
