//! `/api/settings`: defaults, changes, what is refused, and that bounds are what the document says.

mod common;

use common::{Answer, Server, Setup};
use http_front::routes::document;
use http_front::settings::Settings;
use serde_json::{Map, Value, json};

async fn put(server: &Server, body: &Value) -> Answer {
    server.send_body("PUT /api/settings", &[], body.to_string().as_bytes()).await
}

async fn get(server: &Server) -> Value {
    server.send("GET /api/settings", &[]).await.json()
}

#[tokio::test]
async fn some_are_changed_and_the_others_stay() {
    let server = Server::start(Setup::default()).await;
    let mut expected = serde_json::to_value(Settings::without_trackers()).unwrap();
    assert_eq!(get(&server).await, expected);
    let change = json!({"max_upload_speed": 1000, "trackers": ["udp://127.0.0.1:1/announce"]});
    let answer = put(&server, &change).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    expected["max_upload_speed"] = 1000.into();
    expected["trackers"] = json!(["udp://127.0.0.1:1/announce"]);
    assert_eq!((answer.json(), get(&server).await), (expected.clone(), expected));
    let engine = server.engine.settings().await.unwrap();
    assert_eq!((engine.max_upload_speed, engine.trackers.len()), (1000, 1));
    let saved = server.engine.saved_settings().await.unwrap();
    assert_eq!(json!(saved), change, "what nobody changed is not kept");
}

#[tokio::test]
async fn one_that_cannot_be_changes_nothing() {
    let server = Server::start(Setup::default()).await;
    let before = get(&server).await;
    for (name, value) in [
        ("ram_buffer_mb", json!(7)),
        ("ram_buffer_mb", json!("256")),
        ("ram_buffer_mb", json!(null)),
        ("max_download_speed", json!(-1)),
        ("max_connections", json!(1.5)),
        ("seed_ratio", json!(-0.1)),
        ("torrent_max_retries", json!(21)),
        ("trackers", json!("udp://a:1")),
        ("trackers", json!(["gopher://a"])),
        ("trackers", json!(vec!["udp://a:1"; 101])),
        ("rate_limit_per_min", json!(0)),
        ("max_transcodes", json!(65)),
        ("nonsense", json!(1)),
    ] {
        let answer = put(&server, &json!({"max_upload_speed": 5, name: value})).await;
        assert_eq!((answer.status, answer.code()), (400, "bad_setting".into()), "{name}: {value}");
        assert!(answer.json()["error"].as_str().unwrap().contains(name), "{name}: {answer:?}");
    }
    let answer = put(&server, &json!([1])).await;
    assert_eq!((answer.status, answer.code()), (400, "bad_json".into()));
    assert_eq!(get(&server).await, before);
    assert!(server.engine.saved_settings().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_rate_limit_holds_at_once() {
    let server = Server::start(Setup { rate: 300, ..Setup::default() }).await;
    assert_eq!(put(&server, &json!({"rate_limit_per_min": 2})).await.status, 200);
    let (stranger, now) = ("192.0.2.1".parse().unwrap(), std::time::Instant::now());
    let mut rate = server.doors.rate.lock().unwrap();
    assert!(rate.take(stranger, now).is_ok() && rate.take(stranger, now).is_ok());
    assert!(rate.take(stranger, now).is_err(), "the third within the minute");
}

/// Every number's bounds in the document are those that are kept.
#[test]
fn the_bounds_are_what_the_document_says() {
    let document = serde_json::to_value(document()).unwrap();
    let described = document["components"]["schemas"]["Settings"]["properties"].clone();
    let usual = Settings::default();
    let whole = serde_json::to_value(&usual).unwrap();
    let names: Vec<_> = whole.as_object().unwrap().keys().cloned().collect();
    let known: Vec<_> = described.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names.len(), known.len());
    let takes =
        |name: &str, value: Value| usual.with(&Map::from_iter([(name.to_owned(), value)])).is_ok();
    for name in names.iter().filter(|name| whole[*name].is_number()) {
        let bound = |which: &str| described[name][which].as_f64().expect(name) as i64;
        let (least, most) = (bound("minimum"), bound("maximum"));
        assert!(takes(name, json!(least)) && takes(name, json!(most)), "{name}: {least}..={most}");
        assert!(!takes(name, json!(least - 1)), "{name}: {least} - 1");
        assert!(!takes(name, json!(most + 1)), "{name}: {most} + 1");
    }
    let trackers = |count| json!(vec!["udp://a:1"; count]);
    let most = described["trackers"]["maxItems"].as_u64().unwrap() as usize;
    assert!(takes("trackers", trackers(most)) && !takes("trackers", trackers(most + 1)));
}
