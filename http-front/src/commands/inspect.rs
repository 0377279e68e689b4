//! `millrace inspect`

use serde_json::json;
use wire::Metainfo;
use wire::magnet::Magnet;

use crate::FrontError;
use crate::cli::InspectArgs;
use crate::commands::source::Source;

/// Says what a .torrent or magnet link contains; nothing is fetched.
///
/// # Errors
/// It can't be read or is no torrent.
pub fn run(args: &InspectArgs) -> Result<(), FrontError> {
    match (Source::read(&args.source)?, args.json) {
        (Source::File(metainfo), true) => println!("{}", as_json(&metainfo)),
        (Source::File(metainfo), false) => print!("{}", as_text(&metainfo)),
        (Source::Magnet(magnet), true) => println!("{}", magnet_as_json(&magnet)),
        (Source::Magnet(magnet), false) => print!("{}", magnet_as_text(&magnet)),
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

fn magnet_as_json(magnet: &Magnet) -> serde_json::Value {
    let ranges = magnet.selected.as_ref();
    let ranges =
        ranges.map(|all| all.iter().map(|r| json!([r.start(), r.end()])).collect::<Vec<_>>());
    json!({
        "infoHash": magnet.info_hash.to_string(),
        "name": magnet.name,
        "trackers": magnet.trackers,
        "webSeeds": magnet.web_seeds,
        "peers": magnet.peers,
        "selected": ranges,
    })
}

fn magnet_as_text(magnet: &Magnet) -> String {
    let mut text = format!("info hash {}\n", magnet.info_hash);
    let mut line = |name: &str, value: &str| {
        text.push_str(&format!("{name:9} {}\n", plain(value)));
    };
    if let Some(name) = &magnet.name {
        line("name", name);
    }
    magnet.trackers.iter().for_each(|tracker| line("tracker", tracker));
    magnet.web_seeds.iter().for_each(|seed| line("web seed", seed));
    magnet.peers.iter().for_each(|peer| line("peer", &peer.to_string()));
    for range in magnet.selected.iter().flatten() {
        line("files", &format!("{}-{}", range.start(), range.end()));
    }
    text
}

/// RFC 3339; absent too when the number is no date.
fn created_at(metainfo: &Metainfo) -> Option<String> {
    let at = jiff::Timestamp::from_second(metainfo.created_at?).ok()?;
    Some(at.to_string())
}

/// `text` without control characters: they are shown as escapes.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect()
}
