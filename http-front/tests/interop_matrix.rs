//! Millrace and each of the clients people have, both ways, by .torrent and by magnet: real
//! processes, equal hashes. A client that is not there is said to be missing, in the table that the
//! test prints.
#![cfg(feature = "lab")]

use std::fmt::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use fixtures::clients::{Client, Form, Kind, Part, Terms};
use fixtures::netns::{self, Net};
use fixtures::server::{Server, ServerOptions, StreamRequest};
use fixtures::torrents::{Torrent, TorrentSpec};
use fixtures::{FixtureError, Result};
use tokio::task::JoinSet;

const MILLRACE: &str = env!("CARGO_BIN_EXE_millrace");
/// For one cell, with all the others going on.
const PATIENCE: Duration = Duration::from_secs(60);
const FORMS: [Form; 2] = [Form::File, Form::Magnet];

/// Which way the bytes go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// Millrace streams from the client.
    DownloadFrom,
    /// The client downloads from Millrace.
    UploadTo,
}

/// One cell: how long it took, or what is wrong.
type Cell = ((Kind, Way, Form), Result<Duration>);

#[test]
fn every_client_both_ways() -> Result<()> {
    netns::run("every_client_both_ways", matrix)
}

async fn matrix(net: Net) -> Result<()> {
    let seeder = Seeder::start(&net).await?;
    let mut cells = JoinSet::new();
    let mut lacking = Vec::new();
    // An address each: Millrace takes three connections of one.
    for (number, kind) in (10..).step_by(2).zip(Kind::ALL) {
        if let Some(why) = kind.cannot_run(&net) {
            lacking.push((kind, why));
            continue;
        }
        for (host, form) in (number..).zip(FORMS) {
            let (here, address) = (net.clone(), seeder.address);
            cells.spawn_local(async move {
                ((kind, Way::DownloadFrom, form), from(here, kind, form).await)
            });
            let here = net.clone();
            cells.spawn_local(async move {
                ((kind, Way::UploadTo, form), to(here, kind, form, (host, address)).await)
            });
        }
    }
    let cells = cells.join_all().await;
    println!("{}", table(&cells, &lacking));
    for (cell, outcome) in cells {
        outcome.map_err(|e| FixtureError::Unexpected(format!("{cell:?}: {e}")))?;
    }
    Ok(())
}

/// 8 MiB in four files, one of them empty, none of them ending with a piece.
fn torrent() -> Result<Torrent> {
    let files = [("a.mp4", 5_000_011), ("b/empty.txt", 0), ("b/one.srt", 1), ("c.mkv", 3_300_000)];
    TorrentSpec::pieces_of(256 * 1024).of_folder("a folder", 31, &files)
}

/// Millrace's address to peers, beside the client's.
async fn millrace(net: &Net, options: ServerOptions) -> Result<Server> {
    Server::start(options.args(["--peer-bind", &net.host(1).to_string()])).await
}

/// Millrace streams every file of the torrent that a client seeds.
async fn from(net: Net, kind: Kind, form: Form) -> Result<Duration> {
    let torrent = torrent()?;
    let terms = Terms::at(net.host(2));
    let client = Client::start(kind, &torrent, Part::Seed, &terms).await?;
    let server = millrace(&net, ServerOptions::new(MILLRACE)).await?;
    let started = Instant::now();
    match form {
        Form::File => server.client().add(&torrent, &[client.address()]).await?,
        Form::Magnet => {
            server.client().add_magnet(&torrent.magnet(&[], &[client.address()])).await?
        }
    };
    for (number, file) in torrent.files.iter().enumerate() {
        let answer = server.client().stream(&StreamRequest::whole(&torrent, number)).await?;
        if answer.digest().await?.sha256 != file.sha256()? {
            return Err(FixtureError::Unexpected(format!("{} differs", file.path.display())));
        }
    }
    Ok(started.elapsed())
}

/// A client downloads the torrent that Millrace seeds.
async fn to(
    net: Net,
    kind: Kind,
    form: Form,
    (host, seeder): (u8, SocketAddr),
) -> Result<Duration> {
    let torrent = torrent()?;
    let started = Instant::now();
    let terms = Terms::at(net.host(host)).dial(&[seeder]).form(form);
    let mut client = Client::start(kind, &torrent, Part::Leech, &terms).await?;
    client.complete(PATIENCE).await?;
    client.same(&torrent)?;
    Ok(started.elapsed())
}

/// A Millrace that has the whole torrent, and gives more of it than once.
struct Seeder {
    address: SocketAddr,
    _server: Server,
    _data: tempfile::TempDir,
}

impl Seeder {
    async fn start(net: &Net) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let torrent = torrent()?;
        torrent.copy_to(&data.path().join("downloads"))?;
        let mut options = ServerOptions::new(MILLRACE).data_dir(data.path());
        options.env.push(("MILLRACE_SEED_RATIO".into(), "1000".into()));
        let server = millrace(net, options).await?;
        let client = server.client();
        client.add(&torrent, &[]).await?;
        let path = format!("/api/torrents/{}", torrent.info_hash);
        let complete = |answer: &serde_json::Value| answer["data"]["progress"] == "100.00";
        client.until(&path, PATIENCE, complete).await?;
        let port = client.peer_address().await?.port();
        let address = SocketAddr::new(net.ip(1), port);
        Ok(Self { address, _server: server, _data: data })
    }
}

fn table(cells: &[Cell], lacking: &[(Kind, String)]) -> String {
    let mut out =
        String::from("\n| Millrace and | | .torrent | magnet |\n| --- | --- | --- | --- |\n");
    for kind in Kind::ALL {
        let missing = lacking.iter().find(|(lacks, _)| *lacks == kind);
        for way in [Way::DownloadFrom, Way::UploadTo] {
            let said = FORMS.map(|form| match (missing, cell(cells, (kind, way, form))) {
                (Some((_, why)), _) => why.clone(),
                (None, Some(Ok(took))) => format!("same bytes in {:.1} s", took.as_secs_f64()),
                (None, _) => "FAILS".to_owned(),
            });
            let _ = writeln!(out, "| {kind} | {way:?} | {} | {} |", said[0], said[1]);
        }
    }
    out
}

fn cell(cells: &[Cell], which: (Kind, Way, Form)) -> Option<&Result<Duration>> {
    cells.iter().find(|(cell, _)| *cell == which).map(|(_, outcome)| outcome)
}
