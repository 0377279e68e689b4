//! Positions and history: one row a file and viewer, the latest first, durable, bounded.

mod common;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::actor::{catalogue, run};
use storage::catalogue::actor::{ForgetWatched, LoadHistory, LoadPosition, SaveWatched};
use storage::catalogue::playback::MAX_WATCHED;
use storage::catalogue::{Watched, open};
use wire::InfoHash;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn row(torrent: u8, file: u32, session: &str, position: u64, now: u64) -> Watched {
    Watched {
        info_hash: InfoHash([torrent; 20]),
        file,
        session: session.into(),
        title: format!("film {torrent}"),
        magnet: "magnet:?xt=urn:btih:07".into(),
        position: Duration::from_secs(position),
        duration: None,
        watched_at: at(now),
        updated_at: at(now),
    }
}

fn position_of(torrent: u8, file: u32) -> LoadPosition {
    LoadPosition { info_hash: InfoHash([torrent; 20]), file }
}

#[test]
fn positions_are_per_file_and_survive() {
    let dir = tempfile::tempdir().unwrap();
    let ended = Watched { duration: Some(Duration::from_secs(90)), ..row(1, 0, "a", 10, 100) };
    run(async {
        let catalogue = catalogue(open(dir.path()).unwrap());
        let rows =
            [ended, row(1, 1, "a", 20, 101), row(1, 0, "b", 30, 102), row(1, 0, "a", 40, 103)];
        for row in rows {
            catalogue.send(SaveWatched(row)).await.unwrap().unwrap();
        }
    });
    run(async {
        let catalogue = catalogue(open(dir.path()).unwrap());
        let expected = Watched {
            duration: Some(Duration::from_secs(90)),
            watched_at: at(100),
            ..row(1, 0, "a", 40, 103)
        };
        let found = catalogue.send(position_of(1, 0)).await.unwrap().unwrap();
        assert_eq!(found.as_ref(), Some(&expected), "the latest of all viewers");
        assert_eq!(catalogue.send(position_of(1, 2)).await.unwrap().unwrap(), None);
        assert_eq!(catalogue.send(position_of(2, 0)).await.unwrap().unwrap(), None);
        let history = catalogue.send(LoadHistory).await.unwrap().unwrap();
        assert_eq!(history, [expected, row(1, 0, "b", 30, 102), row(1, 1, "a", 20, 101)]);
        catalogue.send(ForgetWatched).await.unwrap().unwrap();
        assert_eq!(catalogue.send(LoadHistory).await.unwrap().unwrap(), []);
        assert_eq!(catalogue.send(position_of(1, 0)).await.unwrap().unwrap(), None);
    });
}

#[test]
fn the_oldest_go_when_there_are_too_many() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let catalogue = catalogue(open(dir.path()).unwrap());
        let saves = |n| SaveWatched(row(1, n as u32, "a", n, 1_000 + n));
        // Those that nobody waits for are written together with the last.
        (0..MAX_WATCHED).for_each(|n| catalogue.do_send(saves(n)));
        catalogue.send(saves(MAX_WATCHED)).await.unwrap().unwrap();
        let history = catalogue.send(LoadHistory).await.unwrap().unwrap();
        assert!((history.len() as u64) < MAX_WATCHED, "{}", history.len());
        assert!(history.len() as u64 > MAX_WATCHED / 2, "{}", history.len());
        assert_eq!(u64::from(history[0].file), MAX_WATCHED, "the latest is there");
        assert!(history.iter().all(|row| row.file >= MAX_WATCHED as u32 / 10), "the oldest went");
    });
}
