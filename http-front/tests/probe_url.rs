//! A URL is probed by ranges, and refused if its server does not answer them.
#![allow(clippy::unwrap_used)]

mod probe_support;

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use http_front::probe::http::UrlSource;
use http_front::probe::{Limits, ProbeError, command, probe};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use probe_support::{AAC, Films, H264, assert_agrees, fetched, probe_file};
use tokio::net::TcpListener;

/// Serves `file` at `/film`, a redirect to it at `/old`, the whole at `/whole`.
async fn serve(file: Bytes) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let file = file.clone();
            let service = service_fn(move |request| {
                let answer = answer(&file, &request);
                async move { Ok::<_, Infallible>(answer) }
            });
            let server = hyper::server::conn::http1::Builder::new();
            tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

fn answer(file: &Bytes, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let answer = Response::builder();
    match request.uri().path() {
        "/film" => {
            let range = request.headers()["range"].to_str().unwrap();
            let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
            let first: usize = first.parse().unwrap();
            let last: usize = last.parse::<usize>().unwrap().min(file.len() - 1);
            answer
                .status(StatusCode::PARTIAL_CONTENT)
                .header("content-range", format!("bytes {first}-{last}/{}", file.len()))
                .body(Full::new(file.slice(first..=last)))
        }
        "/old" => answer.status(302).header("location", "/film").body(Full::default()),
        "/loop" => answer.status(302).header("location", "/loop").body(Full::default()),
        "/lies" => answer
            .status(StatusCode::PARTIAL_CONTENT)
            .header("content-range", "bytes 5-9/18446744073709551615")
            .body(Full::new(file.slice(5..10))),
        _ => answer.body(Full::new(file.clone())),
    }
    .unwrap()
}

#[tokio::test]
async fn like_the_file() {
    let films = Films::new();
    let path = films.make("film.mp4", &[&["-b:v", "3M"], H264, AAC]);
    let address = serve(std::fs::read(&path).unwrap().into()).await;
    for name in ["film", "old"] {
        let source = UrlSource::open(&format!("http://{address}/{name}")).await.unwrap();
        let info = probe(&source, &Limits::default()).await.unwrap();
        assert_agrees(&info, &path);
        assert_eq!(info, probe_file(&path).await.unwrap());
        assert!(fetched(&info) < 100_000);
    }
}

#[tokio::test]
async fn servers_without_ranges_are_refused() {
    let address = serve(Bytes::from_static(&[0; 100])).await;
    for name in ["whole", "loop", "lies"] {
        let told = UrlSource::open(&format!("http://{address}/{name}")).await;
        assert!(matches!(told, Err(ProbeError::Url(_))), "{name}: {told:?}");
    }
}

#[tokio::test]
async fn other_schemes_are_refused() {
    for url in ["file:///etc/passwd", "https://127.0.0.1/film", "ftp://127.0.0.1/film", "x://"] {
        let told = command(url, false).await;
        assert!(matches!(told, Err(ProbeError::Url(_))), "{url}: {told:?}");
    }
}
