//! Which address to listen on.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::FrontError;

/// How many ports above the default are tried.
const TRIES: u16 = 100;

/// Whether the address was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// By the user: this one or none.
    Explicit,
    /// Ours: the next free port will do.
    Default,
}

/// Binds `address`, or for [`Wish::Default`] the next free port above it.
///
/// # Errors
/// [`FrontError::Bind`].
pub async fn bind(address: SocketAddr, wish: Wish) -> Result<TcpListener, FrontError> {
    let mut candidate = address;
    loop {
        let taken = match TcpListener::bind(candidate).await {
            Ok(listener) => return Ok(listener),
            Err(source) => source,
        };
        let next = candidate.port().checked_add(1);
        let next = next.filter(|next| next - address.port() < TRIES);
        match (wish, taken.kind(), next) {
            (Wish::Default, std::io::ErrorKind::AddrInUse, Some(next)) => {
                tracing::info!("port {} is taken, trying {next}", candidate.port());
                candidate.set_port(next);
            }
            _ => {
                return Err(FrontError::Bind { address: candidate, source: taken });
            }
        }
    }
}
