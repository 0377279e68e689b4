//! A file over HTTP: ranges, validators, HEAD and names as RFC 9110 and `API.md` say.

mod common;

use common::{Answer, Server, Setup, bytes};
use http::HeaderMap;
use http_front::media::conditional::{Precondition, Validators, http_date};
use wire::InfoHash;

const LENGTH: usize = 300_001;

async fn film() -> (Server, String, Vec<u8>) {
    let server = Server::start(Setup::default()).await;
    let data = bytes(LENGTH);
    let files: [(&str, &[u8]); 3] =
        [("a film.mp4", &data), ("cover.jpg", &bytes(400_000)), ("empty.srt", b"")];
    let hash = server.add("A Film", &files).await.to_string();
    (server, hash, data)
}

async fn get(server: &Server, target: &str, headers: &[&str]) -> Answer {
    server.send(&format!("GET {target}"), headers).await
}

#[tokio::test]
async fn the_largest_playable_file_goes_out_whole() {
    let (server, hash, data) = film().await;
    let whole = get(&server, &format!("/stream/proxy/{hash}"), &[]).await;
    assert_eq!(whole.status, 200);
    assert!(whole.bytes == data, "the film, not the larger picture");
    assert_eq!(whole.header("content-length"), Some("300001"));
    assert_eq!(whole.header("content-type"), Some("video/mp4"));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    assert_eq!(whole.header("cache-control"), Some("public, max-age=3600"));
    assert_eq!(whole.header("etag"), Some(format!("\"{hash}-0\"").as_str()));
    assert_eq!(whole.header("content-disposition"), None);
    let target = format!("/stream/proxy/{}?fileIndex=0", hash.to_uppercase());
    assert!(get(&server, &target, &[]).await.bytes == data);
}

#[tokio::test]
async fn a_range_is_206_with_exact_headers() {
    let (server, hash, data) = film().await;
    let target = format!("/stream/proxy/{hash}");
    for (range, start, end) in [
        ("0-0", 0, 1),
        ("16383-16384", 16_383, 16_385),
        ("100000-", 100_000, LENGTH),
        ("-1", LENGTH - 1, LENGTH),
        ("-999999999", 0, LENGTH),
        ("299999-999999999999", 299_999, LENGTH),
        ("70000-99999", 70_000, 100_000),
    ] {
        let answer = get(&server, &target, &[&format!("Range: bytes={range}")]).await;
        assert_eq!(answer.status, 206, "{range}");
        let said = format!("bytes {start}-{}/{LENGTH}", end - 1);
        assert_eq!(answer.header("content-range"), Some(said.as_str()), "{range}");
        let length = (end - start).to_string();
        assert_eq!(answer.header("content-length"), Some(length.as_str()), "{range}");
        assert!(answer.bytes == data[start..end], "{range}");
    }
}

#[tokio::test]
async fn outside_is_416_and_nonsense_is_the_whole() {
    let (server, hash, data) = film().await;
    let target = format!("/stream/proxy/{hash}");
    for range in ["300001-", "-0", "400000-500000", "0-9,5-14"] {
        let answer = get(&server, &target, &[&format!("Range: bytes={range}")]).await;
        assert_eq!((answer.status, answer.code().as_str()), (416, "range_not_satisfiable"));
        assert_eq!(answer.header("content-range"), Some("bytes */300001"), "{range}");
    }
    for range in ["bytes=9-1", "lines=1-2", "bytes=x"] {
        let answer = get(&server, &target, &[&format!("Range: {range}")]).await;
        assert_eq!((answer.status, answer.bytes.len()), (200, data.len()), "{range}");
    }
    let two = get(&server, &target, &["Range: bytes=0-1", "Range: bytes=2-3"]).await;
    assert_eq!(two.status, 200);
}

#[tokio::test]
async fn hostile_46_a_thousand_ranges_are_refused_at_once() {
    let (server, hash, _) = film().await;
    let target = format!("/stream/proxy/{hash}");
    let set = |range: fn(usize) -> String| (0..1000).map(range).collect::<Vec<_>>().join(",");
    for ranges in [
        set(|n| format!("{}-{}", n * 2, n * 2)),
        set(|_| "0-".to_owned()),
        set(|n| format!("-{}", n + 1)),
    ] {
        let answer = get(&server, &target, &[&format!("Range: bytes={ranges}")]).await;
        assert_eq!((answer.status, answer.code().as_str()), (416, "range_not_satisfiable"));
    }
    for overflow in ["0-18446744073709551616", "-18446744073709551616"] {
        let answer = get(&server, &target, &[&format!("Range: bytes={overflow}")]).await;
        assert_eq!((answer.status, answer.bytes.len()), (206, LENGTH), "{overflow}");
    }
    let beyond = get(&server, &target, &["Range: bytes=18446744073709551616-"]).await;
    assert_eq!(beyond.status, 416);
}

#[tokio::test]
async fn several_ranges_are_multipart() {
    let (server, hash, data) = film().await;
    let target = format!("/stream/proxy/{hash}");
    let answer = get(&server, &target, &["Range: bytes=50000-50009,0-4,-3"]).await;
    assert_eq!(answer.status, 206);
    let kind = answer.header("content-type").unwrap();
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").unwrap();
    assert_eq!(answer.header("content-range"), None);
    assert_eq!(answer.header("content-length"), Some(answer.bytes.len().to_string().as_str()));
    let mut expected = Vec::new();
    for (start, end) in [(50_000, 50_010), (0, 5), (LENGTH - 3, LENGTH)] {
        let lead = if expected.is_empty() { "" } else { "\r\n" };
        let head = format!(
            "{lead}--{boundary}\r\nContent-Type: video/mp4\r\n\
             Content-Range: bytes {start}-{}/{LENGTH}\r\n\r\n",
            end - 1
        );
        expected.extend_from_slice(head.as_bytes());
        expected.extend_from_slice(&data[start..end]);
    }
    expected.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    assert!(answer.bytes == expected, "{}", answer.body);
}

#[tokio::test]
async fn validators_decide() {
    let (server, hash, data) = film().await;
    let target = format!("/stream/proxy/{hash}");
    let tag = format!("\"{hash}-0\"");
    for list in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let answer = get(&server, &target, &[&format!("If-None-Match: {list}")]).await;
        assert_eq!((answer.status, answer.bytes.len()), (304, 0), "{list}");
        assert_eq!(answer.header("etag"), Some(tag.as_str()));
    }
    let range = "Range: bytes=0-9";
    let same = get(&server, &target, &[range, &format!("If-Range: {tag}")]).await;
    assert_eq!(same.status, 206);
    for other in [format!("W/{tag}"), "\"x\"".into(), "Sun, 06 Nov 1994 08:49:37 GMT".into()] {
        let answer = get(&server, &target, &[range, &format!("If-Range: {other}")]).await;
        assert_eq!((answer.status, answer.bytes.len()), (200, data.len()), "{other}");
    }
    let failed = get(&server, &target, &["If-Match: \"x\""]).await;
    assert_eq!(failed.status, 412);
}

#[tokio::test]
async fn a_whole_file_has_the_date_of_its_completion() {
    let (server, hash, _) = film().await;
    let target = format!("/stream/proxy/{hash}");
    let completed =
        server.engine.torrent(InfoHash::parse(&hash).unwrap()).await.unwrap().completed_at;
    let date = http_date(completed.expect("the torrent is complete")).unwrap();
    let answer = get(&server, &target, &[]).await;
    assert_eq!(answer.header("last-modified"), Some(date.as_str()));
    let again = get(&server, &target, &[&format!("If-Modified-Since: {date}")]).await;
    assert_eq!((again.status, again.bytes.len()), (304, 0));
    let range = get(&server, &target, &["Range: bytes=0-9", &format!("If-Range: {date}")]).await;
    assert_eq!(range.status, 206);
}

#[test]
fn dates_compare_to_the_second_and_if_range_exactly() {
    let completed = std::time::UNIX_EPOCH + std::time::Duration::from_millis(784_111_777_900);
    let validators = Validators::new(InfoHash([1; 20]), 0, Some(completed));
    let with = |name: &'static str, value: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert("range", "bytes=0-9".parse().unwrap());
        headers.insert(name, value.parse().unwrap());
        headers
    };
    let (same, later) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:38 GMT");
    assert_eq!(http_date(validators.last_modified.unwrap()).unwrap(), same);
    assert_eq!(validators.range(&with("if-range", same)), Some("bytes=0-9"));
    assert_eq!(validators.range(&with("if-range", later)), None);
    let since = |date| validators.precondition(&with("if-modified-since", date));
    assert_eq!((since(same), since(later)), (Precondition::NotModified, Precondition::NotModified));
    assert_eq!(since("Sun, 06 Nov 1994 08:49:36 GMT"), Precondition::Proceed);
    assert_eq!(since("yesterday"), Precondition::Proceed);
}

#[tokio::test]
async fn head_is_get_without_range_or_body() {
    let (server, hash, _) = film().await;
    for target in [format!("/stream/proxy/{hash}"), format!("/stream/file/{hash}/0/film.mp4")] {
        let answer = server.send(&format!("HEAD {target}"), &["Range: bytes=0-9"]).await;
        assert_eq!((answer.status, answer.bytes.len()), (200, 0), "{target}");
        assert_eq!(answer.header("content-length"), Some("300001"));
        assert_eq!(answer.header("content-type"), Some("video/mp4"));
        assert_eq!(answer.header("accept-ranges"), Some("bytes"));
    }
}

#[tokio::test]
async fn an_empty_file_is_empty() {
    let (server, hash, _) = film().await;
    let target = format!("/stream/proxy/{hash}?fileIndex=2");
    let whole = get(&server, &target, &[]).await;
    assert_eq!((whole.status, whole.header("content-length")), (200, Some("0")));
    let answer = get(&server, &target, &["Range: bytes=0-"]).await;
    assert_eq!(answer.header("content-range"), Some("bytes */0"));
    assert_eq!(answer.status, 416);
}

#[tokio::test]
async fn other_ways_to_a_file() {
    let (server, hash, data) = film().await;
    let moved = get(&server, &format!("/stream/file/{hash}/0?exp=1&sig=2"), &[]).await;
    let target = format!("/stream/proxy/{hash}?fileIndex=0&exp=1&sig=2");
    assert_eq!((moved.status, moved.header("location")), (302, Some(target.as_str())));
    let named = get(&server, &format!("/stream/file/{hash}/0/any%20name.mp4"), &[]).await;
    assert!(named.bytes == data);
    for target in [format!("/stream/proxy/{hash}?fileIndex=3"), format!("/stream/file/{hash}/3/x")]
    {
        let answer = get(&server, &target, &[]).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "no_such_file"));
    }
    let none = get(&server, &format!("/stream/proxy/{}", "0".repeat(40)), &[]).await;
    assert_eq!((none.status, none.code().as_str()), (404, "no_such_torrent"));
}

#[tokio::test]
async fn download_names_the_file() {
    let (server, hash, _) = film().await;
    let answer = get(&server, &format!("/stream/proxy/{hash}?download=true"), &[]).await;
    let said = "attachment; filename=\"a film.mp4\"; filename*=UTF-8''a%20film.mp4";
    assert_eq!(answer.header("content-disposition"), Some(said));
}

#[tokio::test]
async fn hostile_47_a_name_adds_no_header() {
    let server = Server::start(Setup::default()).await;
    let name = "a\r\nSet-Cookie: x=1\r\n\r\n\"<script>.mp4";
    let added = common::torrent(server.folder.path(), "film", &[(name, b"0123456789")]);
    let hash = server.engine.add(added).await.unwrap().view.info_hash;
    for target in [format!("/stream/proxy/{hash}?download=true"), format!("/stream/info/{hash}")] {
        let line = if target.contains("info") { "GET" } else { "HEAD" };
        let answer = server.send(&format!("{line} {target}"), &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("set-cookie"), None, "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        if let Some(disposition) = answer.header("content-disposition") {
            assert_eq!(disposition.matches('"').count(), 2, "{disposition}");
            assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
        } else {
            assert!(answer.header("content-type").unwrap().starts_with("application/json"));
        }
    }
}
