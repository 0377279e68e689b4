//! HOSTILE 36: a redirect loop, a gzip bomb, an answer without end: a typed error, within bounds.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::io::Write;
use std::time::Duration;

use support::{FakeTracker, LOCAL, ok, redirect};
use tracker::http::{self, MAX_BODY, MAX_REDIRECTS};
use tracker::{Limits, TrackerError};
use url::Url;

async fn get(fake: &FakeTracker) -> Result<http::HttpAnswer, TrackerError> {
    http::get(&Url::parse(&fake.url()).unwrap(), &LOCAL).await
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain).unwrap();
    let body = encoder.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

#[tokio::test]
async fn a_redirect_loop_ends_after_three_hops() {
    let fake = FakeTracker::start(|_| redirect("/again")).await;
    assert_eq!(get(&fake).await, Err(TrackerError::TooManyRedirects));
    assert_eq!(fake.asked().len(), 1 + MAX_REDIRECTS);
}

#[tokio::test]
async fn three_redirects_are_followed() {
    let last = FakeTracker::start(|_| ok(b"arrived")).await;
    let far = format!("http://{}/3", last.addr);
    let fake = FakeTracker::start(move |target| match target {
        "/announce" => redirect("/1"),
        "/1" => redirect("2"),
        "/2" => redirect(&far),
        _ => ok(b"strayed"),
    })
    .await;
    assert_eq!(get(&fake).await.unwrap().body, "arrived");
}

#[tokio::test]
async fn a_gzip_answer_is_inflated() {
    let fake = FakeTracker::start(|_| gzip(b"d8:intervali60ee")).await;
    assert_eq!(get(&fake).await.unwrap().body, "d8:intervali60ee");
}

#[tokio::test]
async fn a_gzip_bomb_is_too_large() {
    let bomb = gzip(&vec![0; 64 * MAX_BODY]);
    assert!(bomb.len() < MAX_BODY);
    let fake = FakeTracker::start(move |_| bomb.clone()).await;
    assert_eq!(get(&fake).await, Err(TrackerError::TooLarge));
}

#[tokio::test]
async fn an_answer_past_the_cap_is_too_large() {
    let fake = FakeTracker::start(|_| {
        let mut answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n".to_vec();
        answer.resize(2 * MAX_BODY, b'x');
        answer
    })
    .await;
    assert_eq!(get(&fake).await, Err(TrackerError::TooLarge));
}

#[tokio::test]
async fn a_fetch_keeps_the_bounds_its_caller_sets() {
    let fetch = |url: String, limits: Limits| async move {
        http::fetch(&Url::parse(&url).unwrap(), &LOCAL, &limits).await
    };
    let fake = FakeTracker::start(|target| match target {
        "/ten" => ok(b"0123456789"),
        "/zipped" => gzip(b"0123456789"),
        _ => redirect("/ten"),
    })
    .await;
    let at = |path: &str| format!("http://{}{path}", fake.addr);
    let ten = Limits { max_body: 10, ..Limits::default() };
    let nine = Limits { max_body: 9, ..ten };
    for path in ["/ten", "/zipped"] {
        assert_eq!(fetch(at(path), ten).await.unwrap().body, "0123456789");
        assert_eq!(fetch(at(path), nine).await, Err(TrackerError::TooLarge));
    }
    let straight = Limits { max_redirects: 0, ..ten };
    assert_eq!(fetch(at("/ten"), straight).await.unwrap().status, 200);
    assert_eq!(fetch(at("/far"), straight).await, Err(TrackerError::TooManyRedirects));

    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let hasty = Limits { timeout: Duration::from_millis(50), ..ten };
    assert_eq!(fetch(url, hasty).await, Err(TrackerError::Timeout));
}
