//! ffmpeg ends with whoever wants it: killed, it is replaced; when the server is killed, it goes too.
#![cfg(feature = "lab")]

use std::time::Duration;

use fixtures::Result;
use fixtures::media::Reel;
use fixtures::server::Server;
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use fixtures::until::until;
use rustix::process::{Pid, Signal, kill_process};

/// Children of `parent` called ffmpeg.
fn ffmpegs(parent: u32) -> Vec<i32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    ids.filter(|id| stat(*id).is_some_and(|stat| stat == ("ffmpeg".to_owned(), parent))).collect()
}

/// Name and parent of a process that is no zombie.
fn stat(id: i32) -> Option<(String, u32)> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (head, tail) = text.rsplit_once(") ")?;
    let mut fields = tail.split(' ');
    let living = fields.next()? != "Z";
    living.then_some((head.split_once(" (")?.1.to_owned(), fields.next()?.parse().ok()?))
}

#[tokio::test(flavor = "multi_thread")]
async fn after_kill_9_of_ffmpeg_and_of_the_server() -> Result<()> {
    let torrent = TorrentSpec::pieces_of(64 * 1024).of_file(&Reel::Mp4.make()?)?;
    let seeders = Seeders::one(&torrent).await?;
    let server = Server::with(env!("CARGO_BIN_EXE_millrace"), &torrent, &seeders.addrs()).await?;
    let client = server.client();
    let base = format!("/api/stream/{}/0/v/h264", torrent.info_hash);
    client.get(&format!("{base}/0.m4s?d=2&v=a")).await?.ok()?.bytes().await?;
    // It waits, four segments ahead of twelve.
    let running = ffmpegs(server.pid());
    assert_eq!(running.len(), 1, "{}", server.log());
    kill_process(Pid::from_raw(running[0]).unwrap(), Signal::KILL).unwrap();
    client.get(&format!("{base}/8.m4s?d=2&v=a")).await?.ok()?.bytes().await?;
    let running = ffmpegs(server.pid());
    assert_eq!(running.len(), 1, "{}", server.log());
    let status = client.json("/status").await?;
    assert_eq!(status["transcodes"], 1, "{status}");
    assert_eq!(status["streams"].as_array().unwrap().len(), 0, "ffmpeg is no viewer: {status}");
    server.kill().await?;
    let ffmpeg = async || Ok(stat(running[0]));
    until("ffmpeg's end", Duration::from_secs(30), ffmpeg, Option::is_none).await?;
    Ok(())
}
