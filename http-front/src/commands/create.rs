//! `millrace create`

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use wire::Metainfo;
use wire::metainfo::MetainfoBuilder;

use crate::FrontError;
use crate::cli::CreateArgs;
use crate::commands::hashing::Content;
use crate::commands::progress::Progress;

/// Makes a .torrent and writes it.
///
/// # Errors
/// The files can't be read, or the .torrent not written.
pub fn run(args: &CreateArgs) -> Result<(), FrontError> {
    let trackers = tiers(&args.tracker)?;
    check_urls(&args.web_seed, &["http", "https"])?;
    let content = Content::of(&args.path, args.hidden)?;
    let progress = Progress::wanted(args.json);
    let hashed = progress.tell(content.total(), |done| content.hash(args.piece_length, done))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let builder = MetainfoBuilder {
        trackers,
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
            "private": made.info.private,
            "trackers": made.trackers,
            "output": args.output,
        });
        println!("{told}");
    } else {
        println!("{}  {}", made.info_hash, args.output.display());
    }
    Ok(())
}

/// One tier for each value (BEP 12); the trackers of one tier stand in it with commas.
///
/// # Errors
/// [`FrontError::Config`] names what is no announce URL.
pub(crate) fn tiers(values: &[String]) -> Result<Vec<Vec<String>>, FrontError> {
    let tiers = values.iter().map(|value| {
        let tier: Vec<_> = value.split(',').map(|url| url.trim().to_owned()).collect();
        check_urls(&tier, &["http", "https", "udp"]).map(|()| tier)
    });
    tiers.collect()
}

/// Whether each is an absolute URL of one of these schemes.
///
/// # Errors
/// [`FrontError::Config`] names the one that is not.
fn check_urls(urls: &[String], schemes: &[&str]) -> Result<(), FrontError> {
    for text in urls {
        let url = url::Url::parse(text).ok();
        if !url.is_some_and(|url| schemes.contains(&url.scheme()) && url.has_host()) {
            let schemes = schemes.join(", ");
            return Err(FrontError::Config(format!("{text:?} is not a URL ({schemes})")));
        }
    }
    Ok(())
}
