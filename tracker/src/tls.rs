//! TLS for the HTTP client (RFC 8446): every certificate is verified, a failure closes the
//! connection (HOSTILE 50).

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

use crate::TrackerError;
use crate::resolve;

/// Made at the first use, for reading the system's certificates takes a while; the same for every
/// connection of the process.
static CONNECTOR: OnceCell<TlsConnector> = OnceCell::const_new();

/// Speaks TLS over a connection to the URL's host, whose certificate must name it.
///
/// # Errors
/// [`TrackerError::Tls`] whatever goes wrong.
pub(crate) async fn wrap(
    url: &Url,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, TrackerError> {
    let name = match resolve::host(url)? {
        Host::Domain(name) => ServerName::try_from(name).map_err(tls_error)?,
        Host::Ipv4(ip) => ServerName::from(std::net::IpAddr::from(ip)),
        Host::Ipv6(ip) => ServerName::from(std::net::IpAddr::from(ip)),
    };
    connector().await?.connect(name, stream).await.map_err(tls_error)
}

async fn connector() -> Result<&'static TlsConnector, TrackerError> {
    CONNECTOR
        .get_or_try_init(|| async {
            tokio::task::spawn_blocking(connect_with_roots).await.map_err(tls_error)?
        })
        .await
}

fn connect_with_roots() -> Result<TlsConnector, TrackerError> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(tls_error)?
        .with_root_certificates(roots())
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The system's roots (`SSL_CERT_FILE` and `SSL_CERT_DIR` name others); Mozilla's, as built in,
/// where the system has none.
fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::debug!(%error, "a root certificate cannot be read");
    }
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn tls_error(error: impl std::fmt::Display) -> TrackerError {
    TrackerError::Tls(error.to_string())
}
