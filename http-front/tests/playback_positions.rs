//! Positions by the API: saved, found, refused; history and what is popular.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod common;

use common::{Answer, Server, Setup};
use serde_json::{Value, json};

async fn put(server: &Server, path: &str, headers: &[&str], body: Value) -> Answer {
    server.send_body(&format!("PUT {path}"), headers, body.to_string().as_bytes()).await
}

async fn get(server: &Server, path: &str) -> Value {
    let answer = server.send(&format!("GET {path}"), &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn a_position_is_found_where_it_was_saved() {
    let server = Server::start(Setup::default()).await;
    let hash = server.add("A Film", &[("one.mp4", b"12345"), ("two.mp4", b"67890")]).await;
    let path = format!("/api/playback/{hash}/1/progress");
    let nothing = json!({"torrent_id": hash.to_string(), "file_index": 1, "position_sec": 0.0,
        "duration_sec": null, "updated_at": null});
    assert_eq!(get(&server, &path).await, nothing);
    let saved =
        put(&server, &path, &[], json!({"position_sec": 1234.5, "duration_sec": 6000})).await;
    assert_eq!(saved.status, 200, "{saved:?}");
    let found = get(&server, &path).await;
    assert_eq!(found, saved.json());
    assert_eq!((&found["position_sec"], &found["duration_sec"]), (&json!(1234.5), &json!(6000.0)));
    assert!(found["updated_at"].as_str().unwrap().ends_with('Z'), "{found}");
    let later =
        put(&server, &path, &[], json!({"position_sec": 7, "of": "no matter"})).await.json();
    assert_eq!(later["duration_sec"], json!(6000.0), "what is known stays");
    let other = get(&server, &format!("/api/playback/{hash}/0/progress")).await;
    assert_eq!(other["position_sec"], 0.0);
}

#[tokio::test]
async fn what_is_no_position_is_refused() {
    let server = Server::start(Setup::default()).await;
    let hash = server.add("A Film", &[("one.mp4", b"12345")]).await;
    let path = format!("/api/playback/{hash}/0/progress");
    for (body, code) in [
        (json!({"position_sec": -1}), "bad_request"),
        (json!({"position_sec": 1e12}), "bad_request"),
        (json!({"position_sec": 1, "duration_sec": -0.5}), "bad_request"),
        (json!({"position_sec": "1"}), "bad_json"),
        (json!({"position_sec": null}), "bad_json"),
        (json!({}), "bad_json"),
    ] {
        let answer = put(&server, &path, &[], body.clone()).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{body}");
        assert!(answer.json()["error"].as_str().unwrap().contains("_sec"), "{answer:?}");
    }
    let one = json!({"position_sec": 1});
    for (path, status, code) in [
        (format!("/api/playback/{hash}/1/progress"), 404, "no_such_file"),
        (format!("/api/playback/{hash}/-1/progress"), 400, "bad_request"),
        (format!("/api/playback/{}/0/progress", "0".repeat(40)), 404, "no_such_torrent"),
        ("/api/playback/xyz/0/progress".to_owned(), 400, "bad_request"),
    ] {
        let answer = put(&server, &path, &[], one.clone()).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path}");
        let answer = server.send(&format!("GET {path}"), &[]).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path}");
    }
    assert_eq!(get(&server, "/api/history").await, json!([]));
}

#[tokio::test]
async fn history_knows_viewers_by_their_cookie() {
    let server = Server::start(Setup::default()).await;
    let one = server.add("One", &[("film.mp4", b"12345")]).await;
    let two = server.add("Two", &[("film.mp4", b"67890")]).await;
    let page = server.send("GET /", &[]).await;
    let cookie = page.header("set-cookie").unwrap();
    let (pair, attributes) = cookie.split_once(';').unwrap();
    let (name, session) = pair.split_once('=').unwrap();
    assert_eq!((name, session.len()), ("session_id", 32));
    assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax"), "{cookie}");
    let with = format!("Cookie: theme=dark; {pair}");
    let again = server.send("GET /", &[&with]).await;
    assert_eq!(again.header("set-cookie"), None, "it has one");

    let at = |position: u64| json!({"position_sec": position});
    let path = |hash| format!("/api/playback/{hash}/0/progress");
    put(&server, &path(one), &[&with], at(1)).await;
    put(&server, &path(two), &[&with], at(2)).await;
    put(&server, &path(two), &["Cookie: session_id=../../etc"], at(3)).await;
    put(&server, &path(two), &[], at(4)).await;
    let history = get(&server, "/api/playback/history").await;
    assert_eq!(history, get(&server, "/api/history").await);
    let rows = history.as_array().unwrap();
    let shown: Vec<_> = rows.iter().map(|row| (&row["title"], &row["position_sec"])).collect();
    let (first, second) = (json!("One"), json!("Two"));
    let expected = [(&second, &json!(4.0)), (&second, &json!(2.0)), (&first, &json!(1.0))];
    assert_eq!(shown, expected, "a viewer without a cookie of ours is one viewer: {history}");
    assert_eq!(rows[1]["session_id"], session);
    assert_ne!(rows[0]["session_id"], session);
    assert_eq!(rows[2]["torrent_id"], one.to_string());
    let magnet = rows[2]["magnet"].as_str().unwrap();
    assert!(magnet.starts_with(&format!("magnet:?xt=urn:btih:{one}&dn=One")), "{magnet}");

    let popular = get(&server, "/api/popular").await;
    assert_eq!(popular[0], json!({"infoHash": two.to_string(), "title": "Two", "watchCount": 2}));
    assert_eq!(popular[1]["watchCount"], 1);
    server.engine.remove(one, false).await.unwrap();
    assert_eq!(get(&server, "/api/history").await.as_array().unwrap().len(), 3, "it outlives it");

    let gone = server.send("DELETE /api/playback/history", &[]).await;
    assert_eq!((gone.status, gone.json()), (200, json!([])));
    assert_eq!(get(&server, "/api/history").await, json!([]));
    assert_eq!(get(&server, &path(two)).await["position_sec"], 0.0);
}
