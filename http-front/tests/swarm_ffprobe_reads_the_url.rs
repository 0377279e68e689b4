//! ffprobe finds codecs and running time behind the URL, wherever the container keeps its index.
#![cfg(feature = "lab")]

use fixtures::Result;
use fixtures::media::{Container, Film};
use fixtures::server::{Server, StreamRequest};
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn codecs_and_duration() -> Result<()> {
    for container in Container::ALL {
        let torrent = TorrentSpec::pieces_of(64 * 1024).of_file(&Film::new(container).make()?)?;
        let seeders = Seeders::limited(&torrent, 2, 2_000_000).await?;
        let server =
            Server::with(env!("CARGO_BIN_EXE_millrace"), &torrent, &seeders.addrs()).await?;
        let url = server.client().url(&StreamRequest::whole(&torrent, 0).path());
        let probe = Command::new("ffprobe")
            .args(["-v", "error", "-of", "json", "-show_entries"])
            .args(["stream=codec_name:format=duration", &url])
            .kill_on_drop(true)
            .output()
            .await?;
        let said: serde_json::Value = serde_json::from_slice(&probe.stdout)?;
        assert_eq!(String::from_utf8_lossy(&probe.stderr), "", "{container:?}");
        assert_eq!(said["streams"][0]["codec_name"], "h264", "{container:?}");
        assert_eq!(said["streams"][1]["codec_name"], "aac", "{container:?}");
        let duration: f64 = said["format"]["duration"].as_str().unwrap().parse().unwrap();
        assert!((29.5..30.5).contains(&duration), "{container:?}: {duration} s");
    }
    Ok(())
}
