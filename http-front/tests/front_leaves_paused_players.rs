//! A player that is paused in the middle of a film does not keep the server from stopping, and one
//! that reads gets its response to the end.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test's helpers fail by panicking")]

mod common;

use std::time::Duration;

use common::{PATIENCE, Server, Setup, bytes};
use http_front::server::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// More than the sockets between us and the server hold.
const LENGTH: usize = 48 << 20;

#[tokio::test]
async fn the_paused_are_left_and_the_reading_served() {
    let limits = Limits { farewell: Duration::from_secs(5), ..Limits::default() };
    let server = Server::start(Setup { limits, ..Setup::default() }).await;
    let film = bytes(LENGTH);
    let hash = server.add("film", &[("film.mp4", &film)]).await;
    let request = format!(
        "GET /stream/proxy/{hash} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        server.address
    );
    let mut players = Vec::new();
    for _ in 0..2 {
        let mut player = TcpStream::connect(server.address).await.unwrap();
        player.write_all(request.as_bytes()).await.unwrap();
        player.read_u8().await.unwrap();
        players.push(player);
    }
    let mut reading = players.pop().unwrap();
    let read = async {
        let mut answer = Vec::new();
        reading.read_to_end(&mut answer).await.unwrap();
        assert!(answer.ends_with(&film), "{} bytes came", answer.len());
    };
    let both = async { tokio::join!(server.acceptor.shut_down(), read) };
    tokio::time::timeout(PATIENCE, both).await.expect("the server stops");
    assert_eq!(server.acceptor.connections(), 0);
    let mut rest = Vec::new();
    let cut = players[0].read_to_end(&mut rest).await;
    assert!(cut.is_err() || rest.len() < LENGTH, "what was paused broke off");
}
