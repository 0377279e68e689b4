//! A body brings exactly the bytes it promised, or fails: never padded, never cut as if whole.

use bytes::Bytes;
use engine::EngineError;
use http_body::Body;
use http_body_util::BodyExt;
use http_front::media::body::MediaBody;

fn body(
    first: Option<&'static [u8]>,
    rest: Vec<Result<&'static [u8], EngineError>>,
    length: u64,
) -> MediaBody {
    let rest = rest.into_iter().map(|item| item.map(Bytes::from_static));
    let source = Box::pin(futures_util::stream::iter(rest.collect::<Vec<_>>()));
    MediaBody::new(first.map(Bytes::from_static), source, length)
}

#[tokio::test]
async fn what_was_promised_comes_in_order() {
    let body = body(Some(b"ab"), vec![Ok(b"cd"), Ok(b"e")], 5);
    assert_eq!(body.size_hint().exact(), Some(5));
    assert_eq!(body.collect().await.unwrap().to_bytes(), "abcde");
    let empty = body_of_nothing();
    assert!(empty.is_end_stream());
    assert_eq!(empty.collect().await.unwrap().to_bytes(), "");
}

fn body_of_nothing() -> MediaBody {
    body(None, vec![], 0)
}

#[tokio::test]
async fn less_more_or_a_failure_fails_the_body() {
    let ended = || EngineError::Ended("removed".into());
    for (rest, length) in [
        (vec![Ok(&b"cd"[..])], 5),
        (vec![Ok(&b"cdefgh"[..])], 5),
        (vec![Ok(&b"cd"[..]), Err(ended())], 5),
        (vec![Err(ended())], 5),
    ] {
        assert!(body(Some(b"ab"), rest, length).collect().await.is_err());
    }
}
