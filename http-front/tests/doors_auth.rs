//! HOSTILE 49: passwords, tokens, signed links, guessing.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use common::{Server, Setup};
use data_encoding::BASE64;
use http_front::doors::backoff::Backoff;
use http_front::doors::{Auth, RateLimit};

fn basic(user: &str, password: &str) -> String {
    format!("Authorization: Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()))
}

async fn server() -> Server {
    let auth = Auth::new("anna", "correct horse", Some("token-1")).unwrap();
    Server::start(Setup { auth: Some(Arc::new(auth)), ..Setup::default() }).await
}

#[tokio::test]
async fn nothing_but_health_answers_strangers() {
    let server = server().await;
    for line in [
        "GET /",
        "GET /api/torrents",
        "GET /streams",
        "GET /openapi.json",
        "GET /stream/proxy/x",
        "GET /nothing",
        "POST /api/links",
    ] {
        let answer = server.send(line, &[]).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"), "{line}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic "));
    }
    let health = server.send("GET /health", &[]).await;
    assert_eq!(health.status, 200);
    assert_eq!(health.json(), serde_json::json!({"status": "healthy"}));
    let known = server.send("GET /health", &[&basic("anna", "correct horse")]).await;
    assert!(known.json()["services"].is_object());
}

#[tokio::test]
async fn password_and_token_let_in() {
    let server = server().await;
    for header in [basic("anna", "correct horse"), "Authorization: Bearer token-1".to_owned()] {
        assert_eq!(server.send("GET /api/torrents", &[&header]).await.status, 200, "{header}");
    }
    for header in [
        basic("anna", "wrong"),
        basic("bert", "correct horse"),
        "Authorization: Bearer token-2".to_owned(),
        "Authorization: Digest x".to_owned(),
    ] {
        assert_eq!(server.send("GET /api/torrents", &[&header]).await.status, 401, "{header}");
    }
}

#[tokio::test]
async fn hostile_49_guessing_is_slowed_down_and_the_known_stay_in() {
    let server = server().await;
    let right = basic("anna", "correct horse");
    assert_eq!(server.send("GET /streams", &[&right]).await.status, 200);
    let mut refused = None;
    for guess in 0..8 {
        let header = format!("Authorization: Bearer guess-{guess}");
        let answer = server.send("GET /streams", &[&header]).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        assert_eq!(answer.status, 401);
    }
    let refused = refused.expect("eight guesses in a row are too many");
    assert_eq!(refused.code(), "rate_limited");
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(server.send("GET /streams", &[&right]).await.status, 200);
}

#[tokio::test]
async fn a_signed_link_opens_one_files_media_until_it_expires() {
    let server = server().await;
    let hash = server.add("film", &[("a.mp4", b"0123456789"), ("b.mp4", b"abc")]).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let good = server.links.sign(hash, 0, now + 60);
    let target = format!("/stream/proxy/{hash}?fileIndex=0&{good}");
    let answer = server.send(&format!("GET {target}"), &[]).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "0123456789"));
    assert_eq!(answer.header("cache-control"), Some("private, max-age=3600"));
    let named = server.send(&format!("GET /stream/file/{hash}/0/a.mp4?{good}"), &[]).await;
    assert_eq!(named.status, 200);

    let late = server.links.sign(hash, 0, now - 1);
    let longer = good.replace(&format!("exp={}", now + 60), &format!("exp={}", now + 61));
    for target in [
        format!("/stream/proxy/{hash}?fileIndex=1&{good}"),
        format!("/stream/proxy/{hash}?fileIndex=0&fileIndex=1&{good}"),
        format!("/stream/proxy/{hash}?{good}"),
        format!("/stream/proxy/{hash}?fileIndex=0&{late}"),
        format!("/stream/proxy/{hash}?fileIndex=0&{longer}"),
        format!("/api/torrents/{hash}?fileIndex=0&{good}"),
        format!("/stream/info/{hash}?fileIndex=0&{good}"),
    ] {
        let answer = server.send(&format!("GET {target}"), &[]).await;
        assert_eq!(answer.status, 401, "{target}");
    }
    let header = basic("anna", "correct horse");
    let body = format!(r#"{{"infoHash":"{hash}","fileIndex":1,"ttl":60}}"#);
    let made = server.send_body("POST /api/links", &[&header], body.as_bytes()).await.json();
    let url = made["url"].as_str().unwrap();
    let path = url.strip_prefix(&format!("http://{}", server.address)).unwrap();
    assert_eq!(server.send(&format!("GET {path}"), &[]).await.body, "abc");
}

#[test]
fn hostile_49_no_password_is_empty() {
    assert!(Auth::new("anna", "", None).is_err());
    assert!(Auth::new("", "x", None).is_err());
    assert!(Auth::new("anna", "x", Some("")).is_err());
    assert!(Auth::new("anna", "$argon2id$broken", None).is_err());
}

#[test]
fn hostile_49_backoff_doubles_and_forgets() {
    let (mut backoff, start) = (Backoff::default(), Instant::now());
    let address = "10.0.0.1".parse().unwrap();
    for _ in 0..5 {
        assert_eq!(backoff.check(address, start), Ok(()));
        backoff.failed(address, start);
    }
    assert_eq!(backoff.check(address, start), Err(Duration::from_secs(1)));
    backoff.failed(address, start);
    assert_eq!(backoff.check(address, start), Err(Duration::from_secs(2)));
    assert_eq!(backoff.check(address, start + Duration::from_secs(2)), Ok(()));
    assert_eq!(backoff.check("10.0.0.2".parse().unwrap(), start), Ok(()));
    backoff.succeeded(address);
    assert_eq!(backoff.check(address, start), Ok(()));
}

#[test]
fn the_rate_limit_refills_evenly_and_spares_loopback() {
    let (mut limit, start) = (RateLimit::new(300), Instant::now());
    let address = "10.0.0.1".parse().unwrap();
    for _ in 0..300 {
        assert_eq!(limit.take(address, start), Ok(()));
    }
    assert!(limit.take(address, start).is_err());
    assert_eq!(limit.take(address, start + Duration::from_millis(201)), Ok(()));
    assert!(limit.take(address, start + Duration::from_millis(201)).is_err());
    assert_eq!(limit.take("10.0.0.2".parse().unwrap(), start), Ok(()));
    for _ in 0..1000 {
        assert_eq!(limit.take("127.0.0.1".parse().unwrap(), start), Ok(()));
    }
}
