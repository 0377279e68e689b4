//! HOSTILE 43 and 44: foreign hosts and origins, and who may read what.

mod common;

use common::{Server, Setup};
use http_front::doors::Names;

fn setup() -> Setup {
    let names =
        Names { hosts: vec!["films.home".into()], origins: vec!["http://front.home:3000".into()] };
    Setup { names, ..Setup::default() }
}

#[tokio::test]
async fn hostile_43_only_our_own_names_are_answered() {
    let server = Server::start(setup()).await;
    let port = server.address.port();
    for host in [
        format!("127.0.0.1:{port}"),
        "127.0.0.1".into(),
        format!("localhost:{port}"),
        "LOCALHOST".into(),
        format!("[::1]:{port}"),
        "192.168.1.7:8080".into(),
        "films.home".into(),
        "Films.Home:8080".into(),
    ] {
        let answer = server.send("GET /", &[&format!("Host: {host}")]).await;
        assert_eq!(answer.status, 200, "{host}: {answer:?}");
    }
    for host in [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "films.home.evil.example",
        "user@127.0.0.1",
        "[::1].evil.example",
        "127.0.0.1@evil.example",
        "0x7f.1",
        "2130706433",
    ] {
        for path in ["/", "/health", "/api/torrents", "/stream/proxy/aaaa"] {
            let answer = server.send(&format!("GET {path}"), &[&format!("Host: {host}")]).await;
            let found = (answer.status, answer.code());
            assert_eq!(found, (403, "forbidden_host".into()), "{host}{path}");
        }
    }
}

#[tokio::test]
async fn hostile_43_host_must_be_there_once_and_the_target_counts() {
    let server = Server::start(setup()).await;
    let none = server.raw(b"GET /openapi.json HTTP/1.1\r\nConnection: close\r\n\r\n").await;
    assert!(none.starts_with("HTTP/1.1 400"), "{none}");
    let two = server.send("GET /", &["Host: localhost", "Host: localhost"]).await;
    assert_eq!(two.status, 400);
    let absolute = server.send("GET http://evil.example/", &["Host: localhost"]).await;
    assert_eq!(absolute.status, 403);
}

#[tokio::test]
async fn hostile_43_another_origin_reaches_media_alone() {
    let server = Server::start(setup()).await;
    let own = format!("Origin: http://{}", server.address);
    assert_eq!(server.send("GET /openapi.json", &[&own]).await.status, 200);
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1", "https://films.home"] {
        let header = format!("Origin: {origin}");
        for line in [
            "GET /openapi.json",
            "POST /api/torrents",
            "GET /streams",
            "GET /",
            "GET /health",
            "DELETE /api/torrents/x",
            "POST /api/links",
            "GET /stream/info/x",
            "OPTIONS /api/torrents",
        ] {
            let answer = server.send(line, &[&header]).await;
            let found = (answer.status, answer.code());
            assert_eq!(found, (403, "forbidden_origin".into()), "{origin} {line}");
        }
        let media = server.send("GET /stream/proxy/x", &[&header]).await;
        assert_eq!(media.status, 400, "reaches the handler: {media:?}");
    }
    let embedded = server.send("GET /api/torrents", &["Sec-Fetch-Site: cross-site"]).await;
    assert_eq!(embedded.status, 403);
    let followed = server.send("GET /", &["Sec-Fetch-Site: cross-site"]).await;
    assert_eq!(followed.status, 200, "a link to the page works");
}

#[tokio::test]
async fn hostile_43_another_site_reads_what_is_here_and_adds_nothing() {
    let server = Server::start(setup()).await;
    let known = server.add("film", &[("film.mp4", b"a film")]).await;
    let foreign = ["Origin: http://evil.example", "Sec-Fetch-Site: cross-site"];
    for header in foreign {
        let unknown = format!("magnet:?xt=urn:btih:{}", "b".repeat(40));
        let unknown: String = url::form_urlencoded::byte_serialize(unknown.as_bytes()).collect();
        for line in [
            format!("GET /stream?magnet={unknown}"),
            format!("HEAD /stream?magnet={unknown}"),
            format!("GET /api/stream?magnet={unknown}"),
            format!("GET /torrent/info?magnet={unknown}"),
            format!("DELETE /stream?magnet={known}"),
            format!("DELETE /torrent?magnet={known}"),
        ] {
            let answer = server.send(&line, &[header]).await;
            assert_eq!(answer.status, 403, "{header} {line}");
            if !line.starts_with("HEAD") {
                assert_eq!(answer.code(), "forbidden_origin", "{header} {line}");
            }
        }
        let read = server.send(&format!("GET /stream?magnet={known}"), &[header]).await;
        assert_eq!((read.status, read.body.as_str()), (200, "a film"), "{header}");
    }
    assert_eq!(server.engine.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn hostile_44_cors_is_for_media_and_allowed_origins() {
    let server = Server::start(setup()).await;
    let evil = ["Origin: http://evil.example"];
    let media = server.send("GET /stream/proxy/x", &evil).await;
    assert_eq!(media.header("access-control-allow-origin"), Some("*"));
    assert!(media.header("access-control-expose-headers").unwrap().contains("Content-Range"));
    assert_eq!(media.header("access-control-allow-credentials"), None);
    let ask = server
        .send("OPTIONS /stream/proxy/x", &[evil[0], "Access-Control-Request-Method: GET"])
        .await;
    assert_eq!((ask.status, ask.body.as_str()), (204, ""));
    assert!(ask.header("access-control-allow-headers").unwrap().contains("Range"));
    let api = server.send("GET /openapi.json", &evil).await;
    assert_eq!(api.header("access-control-allow-origin"), None);

    let front = ["Origin: http://front.home:3000"];
    let allowed = server.send("GET /api/torrents/x", &front).await;
    assert_eq!(allowed.status, 400, "reaches the handler");
    let named = allowed.header("access-control-allow-origin");
    assert_eq!(named, Some("http://front.home:3000"));
    assert_eq!(allowed.header("vary"), Some("Origin"));
    assert_eq!(allowed.header("access-control-allow-credentials"), None);
    assert_eq!(server.send("OPTIONS /api/torrents", &front).await.status, 204);
}
