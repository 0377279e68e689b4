//! HOSTILE 50: HTTPS works with a certificate the system trusts, and with no other; the way back to
//! plain HTTP is closed. The certificates are made by `tls/make.sh`.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

use support::{FakeTracker, LOCAL, ok, redirect, request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tracker::{Client, HttpAnswer, TrackerError, http};
use url::Url;

const TLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls");
const ANSWER: &[u8] =
    b"d8:completei1e10:incompletei1e8:intervali900e5:peers6:\x7f\0\0\x01\x1a\xe1e";

/// A server with the named certificate that answers every request alike.
async fn server(certificate: &str, answer: Vec<u8>) -> SocketAddr {
    let chain = CertificateDer::from_pem_file(format!("{TLS}/{certificate}.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(format!("{TLS}/{certificate}.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = vec![0; 4096];
            if stream.read(&mut head).await.is_ok() {
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    addr
}

async fn get(url: &str) -> Result<HttpAnswer, TrackerError> {
    http::get(&Url::parse(url).unwrap(), &LOCAL).await
}

/// True in a process whose only root is ours. In another, runs the named test in such a process.
fn trusts_our_root(test: &str) -> bool {
    let ours = format!("{TLS}/ca.pem");
    if std::env::var("SSL_CERT_FILE").is_ok_and(|file| file == ours) {
        return true;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test]).env("SSL_CERT_FILE", ours).env_remove("SSL_CERT_DIR");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    false
}

#[tokio::test]
async fn a_trusted_tracker_is_asked_by_name_and_by_address() {
    if !trusts_our_root("a_trusted_tracker_is_asked_by_name_and_by_address") {
        return;
    }
    let addr = server("good", ok(ANSWER)).await;
    for host in ["localhost", "127.0.0.1"] {
        let url = Url::parse(&format!("https://{host}:{}/announce", addr.port())).unwrap();
        let announced = Client::new(LOCAL).announce(&url, &request()).await.unwrap();
        assert_eq!(announced.answer.peers, ["127.0.0.1:6881".parse().unwrap()]);
    }
}

#[tokio::test]
async fn another_hosts_certificate_and_an_old_one_are_refused() {
    if !trusts_our_root("another_hosts_certificate_and_an_old_one_are_refused") {
        return;
    }
    for certificate in ["other", "expired"] {
        let addr = server(certificate, ok(ANSWER)).await;
        let refused = get(&format!("https://{addr}/")).await;
        assert!(matches!(refused, Err(TrackerError::Tls(_))), "{certificate}: {refused:?}");
    }
}

#[tokio::test]
async fn a_redirect_leads_to_https_and_never_back() {
    if !trusts_our_root("a_redirect_leads_to_https_and_never_back") {
        return;
    }
    let secure = server("good", ok(b"arrived")).await;
    let up = FakeTracker::start(move |_| redirect(&format!("https://{secure}/"))).await;
    assert_eq!(get(&up.url()).await.unwrap().body, "arrived");

    let plain = FakeTracker::start(|_| ok(b"in the clear")).await;
    let down = server("good", redirect(&plain.url())).await;
    assert_eq!(get(&format!("https://{down}/")).await, Err(TrackerError::Downgrade));
    assert!(plain.asked().is_empty());
}

#[tokio::test]
async fn an_authority_nobody_knows_is_refused() {
    let addr = server("good", ok(ANSWER)).await;
    let refused = get(&format!("https://{addr}/")).await;
    assert!(matches!(refused, Err(TrackerError::Tls(_))), "{refused:?}");
}

#[tokio::test]
async fn a_server_without_tls_is_refused() {
    let plain = FakeTracker::start(|_| ok(b"in the clear")).await;
    let refused = get(&format!("https://{}/", plain.addr)).await;
    assert!(matches!(refused, Err(TrackerError::Tls(_))), "{refused:?}");
}
