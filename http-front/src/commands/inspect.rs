//! `millrace inspect`

use serde_json::json;
use wire::Metainfo;

use crate::FrontError;
use crate::cli::InspectArgs;
use crate::commands::hashing::read_torrent;

/// Says what a .torrent contains.
///
/// # Errors
/// It can't be read or is no torrent.
pub fn run(args: &InspectArgs) -> Result<(), FrontError> {
    let metainfo = read_torrent(&args.source)?;
    match args.json {
        true => println!("{}", as_json(&metainfo)),
        false => print!("{}", as_text(&metainfo)),
    }
    Ok(())
}

fn as_json(metainfo: &Metainfo) -> serde_json::Value {
    let info = &metainfo.info;
    let files = info.listed().enumerate().map(|(index, file)| {
        json!({"index": index, "path": file.path, "length": file.length, "offset": file.offset})
    });
    json!({
        "infoHash": metainfo.info_hash.to_string(),
        "name": info.name,
        "length": info.listed().map(|file| file.length).sum::<u64>(),
        "pieceLength": info.geometry.piece_length(),
        "pieces": info.geometry.pieces(),
        "private": info.private,
        "trackers": metainfo.trackers,
        "webSeeds": metainfo.url_list,
        "comment": metainfo.comment,
        "createdBy": metainfo.created_by,
        "createdAt": created_at(metainfo),
        "files": files.collect::<Vec<_>>(),
    })
}

/// Names come from strangers: what would steer a terminal is shown escaped.
fn as_text(metainfo: &Metainfo) -> String {
    let info = &metainfo.info;
    let mut text = format!(
        "name      {}\ninfo hash {}\nlength    {} bytes\npieces    {} of {} bytes\nprivate   {}\n",
        plain(&info.name),
        metainfo.info_hash,
        info.listed().map(|file| file.length).sum::<u64>(),
        info.geometry.pieces(),
        info.geometry.piece_length(),
        if info.private { "yes" } else { "no" },
    );
    for (tier, trackers) in metainfo.trackers.iter().enumerate() {
        for tracker in trackers {
            text.push_str(&format!("tracker   {tier} {}\n", plain(tracker)));
        }
    }
    let made_at = created_at(metainfo);
    let (comment, made_by) = (&metainfo.comment, &metainfo.created_by);
    for (name, value) in [("comment", comment), ("made by", made_by), ("made at", &made_at)] {
        if let Some(value) = value {
            text.push_str(&format!("{name:9} {}\n", plain(value)));
        }
    }
    for (index, file) in info.listed().enumerate() {
        let path = plain(&file.path.to_string_lossy());
        text.push_str(&format!("{index:5} {:14} {path}\n", file.length));
    }
    text
}

/// RFC 3339; absent too when the number is no date.
fn created_at(metainfo: &Metainfo) -> Option<String> {
    let at = jiff::Timestamp::from_second(metainfo.created_at?).ok()?;
    Some(at.to_string())
}

fn plain(text: &str) -> String {
    text.chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect()
}
