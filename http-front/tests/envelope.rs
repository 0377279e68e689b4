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
    let cases: [(&str, &[u8], u16, &str); 7] = [
        ("application/x-bittorrent", b"not bencode", 400, "bad_torrent"),
        ("application/x-bittorrent", b"de", 400, "bad_torrent"),
        ("application/json", b"{}", 400, "bad_request"),
        ("application/json", br#"{"infoHash":"12"}"#, 400, "bad_magnet"),
        ("application/json", br#"{"url":"http://127.0.0.1/x.torrent"}"#, 400, "bad_torrent"),
        ("text/plain", b"magnet:?dn=nothing", 400, "bad_magnet"),
        ("image/png", b"x", 415, "unsupported_type"),
    ];
    for (kind, body, status, code) in cases {
        let header = format!("Content-Type: {kind}");
        let answer = server.send_body("POST /api/torrents", &[&header], body).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{kind}");
    }
}
