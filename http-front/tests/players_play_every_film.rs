//! mpv, VLC and ffplay play every film of the reel while it downloads; mpv and ffplay play HLS too.
#![cfg(feature = "lab")]

use std::time::Duration;

use fixtures::Result;
use fixtures::media::Reel;
use fixtures::server::{Server, ServerOptions, StreamRequest};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use tokio::process::Command;

/// No player takes longer, even on a machine that is busy with the others.
const PATIENCE: Duration = Duration::from_secs(90);
/// About eight times what the films take.
const BYTES_PER_S: u64 = 800_000;
/// Films whose HLS is played too: all copied, sound encoded, all encoded.
const BY_HLS: [Reel; 3] = [Reel::Mp4MoovAtEnd, Reel::MkvAc3, Reel::WebmVp9];
/// What players complain with.
const WRONG: [&str; 6] = ["error", "Error", "failed", "Failed", "Invalid", "partial file"];

/// Runs a player to its end; what it said.
async fn said(mut player: Command, url: &str) -> Result<String> {
    let output = player.arg(url).kill_on_drop(true).output();
    let output = tokio::time::timeout(PATIENCE, output).await;
    let output = output.unwrap_or_else(|_| panic!("{player:?} hangs"))?;
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{player:?}: {said}");
    Ok(said.into_owned())
}

fn is_clean(said: &str, url: &str) {
    assert!(!WRONG.iter().any(|word| said.contains(word)), "{url}: {said}");
}

/// The whole film, as fast as it comes.
async fn mpv(url: &str) -> Result<()> {
    let mut mpv = Command::new("mpv");
    mpv.args(["--no-config", "--ytdl=no", "--vo=null", "--ao=null", "--untimed"])
        .args(["--ao-null-untimed", "--msg-level=all=error,statusline=status"])
        .arg("--term-status-msg=at ${=time-pos}\n");
    let said = said(mpv, url).await?;
    is_clean(&said, url);
    let times = said.lines().filter_map(|line| line.split("at ").nth(1)?.trim().parse().ok());
    let last: f64 = times.fold(0.0, f64::max);
    assert!(last > 23.5, "{url}: mpv ends at {last} s");
    Ok(())
}

/// Two seconds.
async fn ffplay(url: &str, seek: &[&str]) -> Result<()> {
    let mut ffplay = Command::new("ffplay");
    ffplay
        .args(["-autoexit", "-v", "error", "-t", "2"])
        .args(seek)
        .envs([("SDL_VIDEODRIVER", "dummy"), ("SDL_AUDIODRIVER", "dummy")]);
    is_clean(&said(ffplay, url).await?, url);
    Ok(())
}

/// Two seconds from the tenth on. As root VLC refuses to run.
async fn vlc(url: &str) -> Result<()> {
    let mut vlc = Command::new("setpriv");
    if rustix::process::geteuid().is_root() {
        vlc.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    }
    vlc.args(["cvlc", "-vv", "--no-color", "--vout=dummy", "--aout=dummy", "--play-and-exit"])
        .args(["--no-metadata-network-access", "--start-time=10", "--run-time=2"])
        .env("HOME", "/nonexistent");
    let said = said(vlc, url).await?;
    for sign in ["Received first picture", "using audio output module \"adummy\""] {
        assert!(said.contains(sign), "{url}: {said}");
    }
    Ok(())
}

/// Decodes every picture, and counts them.
async fn frames(url: &str) -> Result<u32> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin", "-nostats", "-progress", "pipe:1"]);
    ffmpeg.args(["-i", url, "-map", "0:v:0", "-map", "0:a:0", "-f", "null"]);
    let said = said(ffmpeg, "-").await?;
    let counts = said.lines().filter_map(|line| line.strip_prefix("frame=")?.trim().parse().ok());
    Ok(counts.max().unwrap_or(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn to_its_end_and_from_the_middle() -> Result<()> {
    let server = Server::start(ServerOptions::new(env!("CARGO_BIN_EXE_millrace"))).await?;
    let client = server.client();
    for reel in Reel::ALL {
        let torrent = TorrentSpec::pieces_of(64 * 1024).of_file(&reel.make()?)?;
        let seeders = Seeders::limited(&torrent, 2, BYTES_PER_S / 2).await?;
        client.add(&torrent, &seeders.addrs()).await?;
        let url = client.url(&StreamRequest::whole(&torrent, 0).path());
        let hls = client.url(&format!("/api/stream/{}/0/master.m3u8", torrent.info_hash));
        tokio::try_join!(mpv(&url), vlc(&url), ffplay(&url, &["-ss", "10"]))?;
        assert_eq!(frames(&url).await?, 600, "{reel:?}");
        if !BY_HLS.contains(&reel) {
            continue;
        }
        // ffmpeg's demuxer can't seek in HLS of fragmented MP4, Apple's own examples included.
        tokio::try_join!(mpv(&hls), ffplay(&hls, &[]))?;
        let frames = frames(&hls).await?;
        // What the container promises beyond the last picture is filled with it.
        assert!((600..=601).contains(&frames), "{reel:?}: {frames}");
    }
    Ok(())
}
