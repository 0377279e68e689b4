//! `millrace create`

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use wire::Metainfo;
use wire::metainfo::MetainfoBuilder;

use crate::FrontError;
use crate::cli::CreateArgs;
use crate::commands::hashing::Content;

/// Makes a .torrent and writes it.
///
/// # Errors
/// The files can't be read, or the .torrent not written.
pub fn run(args: &CreateArgs) -> Result<(), FrontError> {
    check_urls(&args.tracker, &["http", "https", "udp"])?;
    check_urls(&args.web_seed, &["http", "https"])?;
    let content = Content::of(&args.path)?;
    let hashed = with_progress(content.total(), |done| content.hash(args.piece_kib, done))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let builder = MetainfoBuilder {
        trackers: args.tracker.iter().map(|tracker| vec![tracker.clone()]).collect(),
        web_seeds: args.web_seed.clone(),
        private: args.private,
        comment: args.comment.clone(),
        created_at: now.ok().and_then(|since| i64::try_from(since.as_secs()).ok()),
        ..hashed
    };
    let bad = |error: wire::metainfo::MetainfoError| {
        FrontError::BadTorrent(format!("{}: {error}", args.path.display()))
    };
    let bytes = builder.encode().map_err(bad)?;
    let made = Metainfo::parse(&bytes).map_err(bad)?;
    std::fs::write(&args.output, &bytes).map_err(|source| FrontError::Io {
        what: format!("can't write {}", args.output.display()),
        source,
    })?;
    let geometry = made.info.geometry;
    if args.json {
        let told = json!({
            "infoHash": made.info_hash.to_string(),
            "name": made.info.name,
            "length": geometry.total(),
            "pieceLength": geometry.piece_length(),
            "pieces": geometry.pieces(),
            "files": made.info.listed().count(),
            "output": args.output,
        });
        println!("{told}");
    } else {
        println!("{}  {}", made.info_hash, args.output.display());
    }
    Ok(())
}

/// Whether each is an absolute URL of one of these schemes.
///
/// # Errors
/// [`FrontError::Config`] names the one that is not.
pub(crate) fn check_urls(urls: &[String], schemes: &[&str]) -> Result<(), FrontError> {
    for text in urls {
        let url = url::Url::parse(text).ok();
        if !url.is_some_and(|url| schemes.contains(&url.scheme()) && url.has_host()) {
            let schemes = schemes.join(", ");
            return Err(FrontError::Config(format!("{text:?} is not a URL ({schemes})")));
        }
    }
    Ok(())
}

/// Runs `work`, telling on stderr how many of `total` bytes are done when it takes longer.
pub(crate) fn with_progress<T>(total: u64, work: impl FnOnce(&AtomicU64) -> T) -> T {
    let (done, over) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let teller = scope.spawn(|| {
            let mut told = false;
            loop {
                std::thread::park_timeout(Duration::from_millis(500));
                if over.load(Ordering::Acquire) {
                    break;
                }
                let percent = 100.0 * done.load(Ordering::Relaxed) as f64 / total.max(1) as f64;
                eprint!("\rhashing {percent:5.1} %");
                told = true;
            }
            if told {
                eprintln!("\rhashing 100.0 %");
            }
        });
        let result = work(&done);
        over.store(true, Ordering::Release);
        teller.thread().unpark();
        result
    })
}
