//! Dialling and accepting: TCP and the BEP 3 handshake, each with its deadline.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wire::handshake::{Extensions, Handshake};
use wire::{InfoHash, PeerId, WireError};

/// A handshake not finished by then is given up (`HOSTILE.md` 17).
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// A connection both sides have shaken hands on.
pub(crate) struct Connected {
    pub(crate) stream: TcpStream,
    pub(crate) address: SocketAddr,
    pub(crate) handshake: Handshake,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("no handshake in time")]
    Timeout,
    #[error("{0}")]
    Protocol(#[from] WireError),
    #[error("it serves another torrent")]
    OtherTorrent,
    #[error("it is this server itself")]
    Ourselves,
}

/// Connects to `address`, given up after `deadline`, and shakes hands for `ours.info_hash`.
pub(crate) async fn dial(
    address: SocketAddr,
    ours: &Handshake,
    deadline: Duration,
) -> Result<Connected, ConnectError> {
    let connecting = timeout(deadline, TcpStream::connect(address));
    let mut stream = connecting.await.map_err(|_| ConnectError::Timeout)??;
    prepare(&stream)?;
    stream.write_all(&ours.encode()).await?;
    let handshake = receive(&mut stream).await?;
    if handshake.info_hash != ours.info_hash {
        return Err(ConnectError::OtherTorrent);
    }
    refuse_self(&handshake, ours.peer_id)?;
    Ok(Connected { stream, address, handshake })
}

/// Reads the handshake of a peer that connected to us; the answer waits until its torrent is known.
pub(crate) async fn accept(
    mut stream: TcpStream,
    address: SocketAddr,
) -> Result<Connected, ConnectError> {
    prepare(&stream)?;
    let handshake = receive(&mut stream).await?;
    Ok(Connected { stream, address, handshake })
}

/// Answers an accepted peer.
pub(crate) async fn answer(
    mut connected: Connected,
    ours: &Handshake,
) -> Result<Connected, ConnectError> {
    refuse_self(&connected.handshake, ours.peer_id)?;
    let ours = ours.encode();
    let answering = timeout(HANDSHAKE_DEADLINE, connected.stream.write_all(&ours));
    answering.await.map_err(|_| ConnectError::Timeout)??;
    Ok(connected)
}

/// Our side of the handshake of one torrent.
pub(crate) fn our_handshake(info_hash: InfoHash, peer_id: PeerId, dht: bool) -> Handshake {
    let extensions = Extensions { fast: true, extended: true, dht };
    Handshake { extensions, info_hash, peer_id }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)
}

fn refuse_self(theirs: &Handshake, our_id: PeerId) -> Result<(), ConnectError> {
    if theirs.peer_id == our_id { Err(ConnectError::Ourselves) } else { Ok(()) }
}

async fn receive(stream: &mut TcpStream) -> Result<Handshake, ConnectError> {
    let mut bytes = [0; Handshake::LEN];
    let reading = timeout(HANDSHAKE_DEADLINE, stream.read_exact(&mut bytes));
    reading.await.map_err(|_| ConnectError::Timeout)??;
    Handshake::parse(&bytes)?.ok_or(ConnectError::Protocol(WireError::NotBitTorrent))
}
