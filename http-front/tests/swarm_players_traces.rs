//! What real players ask, as it was recorded, asked of the real server: looks fetch next to
//! nothing, however long they stay, and what a player left behind is gone at once.
#![cfg(feature = "lab")]

use std::time::Duration;

use fixtures::Result;
use fixtures::server::{Client, Server, ServerOptions, StreamRequest};
use fixtures::swarm::Seeders;
use fixtures::torrents::{Torrent, TorrentSpec};
use fixtures::traces::{Asked, Trace};
use fixtures::until::until;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const PIECE: u64 = 256 * 1024;
/// Who takes more is no longer sure to be one who looks: what sockets hold counts too.
const LOOK: u64 = 500_000;
/// Served ahead of a look, and a piece cut at each end.
const NEAR: u64 = (2 << 20) + 2 * PIECE;
/// What the server's buffers and the sockets may hold beyond what was taken.
const HELD: u64 = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn looks_fetch_little_and_what_is_closed_is_gone() -> Result<()> {
    let server = Server::start(ServerOptions::new(env!("CARGO_BIN_EXE_millrace"))).await?;
    let client = server.client();
    for (trace, seed) in Trace::kept()?.into_iter().zip(0..) {
        let spec = TorrentSpec::pieces_of(PIECE as u32);
        let torrent = spec.of_random("film.mkv", seed, trace.length)?;
        let seeders = Seeders::one(&torrent).await?;
        client.add(&torrent, &[]).await?;
        // Nothing is downloaded but for a reader.
        client.select(&torrent.info_hash, &[]).await?;
        client.add_peers(&torrent.info_hash, &seeders.addrs()).await?;
        looks(client, &torrent, &trace).await?;
        plays(client, &torrent, &trace).await?;
        client.remove(&torrent.info_hash).await?;
    }
    Ok(())
}

/// Its aborted requests alone, all open at once and left open.
async fn looks(client: Client, torrent: &Torrent, trace: &Trace) -> Result<()> {
    let looks: Vec<_> = trace.requests.iter().filter(|asked| asked.taken <= LOOK).collect();
    let mut open = Vec::new();
    for asked in &looks {
        open.push(taken(client, torrent, asked).await?);
    }
    // Nothing more comes once what is near is here.
    let (mut before, what) = (u32::MAX, format!("{}: an end", trace.player));
    let look = async || {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let held = client.pieces_held(&torrent.info_hash).await?;
        Ok(std::mem::replace(&mut before, held) == held)
    };
    until(&what, PATIENCE, look, |rests| *rests).await?;
    let held = u64::from(client.pieces_held(&torrent.info_hash).await?) * PIECE;
    let streams = client.json("/streams").await?;
    // On a machine so slow that a look waits for 2 s it goes on, and has a window like any other.
    if going(&streams) == 0 {
        let most: u64 = looks.iter().map(|asked| asked.taken + HELD + NEAR).sum();
        assert!(held <= most, "{}: {held} of {most} bytes; {streams}", trace.player);
    }
    drop(open);
    gone(client, 0).await
}

/// All its requests in their order, each taken as far as it was.
async fn plays(client: Client, torrent: &Torrent, trace: &Trace) -> Result<()> {
    let requests = trace.requests.iter().enumerate();
    let mut events: Vec<_> =
        requests.flat_map(|(n, asked)| [(asked.at, false, n), (asked.closed, true, n)]).collect();
    events.sort_unstable();
    let mut open: Vec<Option<TcpStream>> = trace.requests.iter().map(|_| None).collect();
    for (_, closes, n) in events {
        match (closes, open.get_mut(n)) {
            (false, Some(place)) => {
                *place = Some(taken(client, torrent, &trace.requests[n]).await?);
            }
            (_, place) => drop(place.and_then(Option::take)),
        }
        gone(client, open.iter().flatten().count()).await?;
    }
    Ok(())
}

/// No more connections are served than are open; of those whole already, none is.
async fn gone(client: Client, open: usize) -> Result<()> {
    let few = |streams: &Value| streams.as_array().is_some_and(|streams| streams.len() <= open);
    client.until("/streams", PATIENCE, few).await.map(drop)
}

fn going(streams: &Value) -> usize {
    let kinds = streams.as_array().into_iter().flatten().filter_map(|s| s["kind"].as_str());
    kinds.filter(|kind| matches!(*kind, "seek" | "sequential")).count()
}

/// A connection of which so much was taken as `asked` says; its socket holds little more.
async fn taken(client: Client, torrent: &Torrent, asked: &Asked) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(64 * 1024)?;
    let mut stream = socket.connect(client.server()).await?;
    let path = StreamRequest::whole(torrent, 0).path();
    let (start, last) = (asked.start, asked.end - 1);
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nRange: bytes={start}-{last}\r\n\r\n",
        client.server()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    assert!(head.starts_with(b"HTTP/1.1 206"), "{}", String::from_utf8_lossy(&head));
    let mut body = vec![0; asked.taken as usize];
    stream.read_exact(&mut body).await?;
    assert!(body == torrent.files[0].read(start, asked.taken)?, "wrong bytes of {asked:?}");
    Ok(stream)
}
