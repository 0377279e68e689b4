//! The status page: plain HTML, no script; everything a peer chose is escaped.

use std::fmt::Write as _;

use super::store::Summary;

const HEAD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><title>Millrace tracker</title>\
<style>body{font:1rem/1.5 system-ui,sans-serif;margin:2rem;max-width:60rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;\
border-bottom:1px solid #8884;vertical-align:top}code{word-break:break-all}</style>\
<h1>Millrace tracker</h1>";

/// The page for these torrents.
pub fn render(torrents: &[Summary]) -> String {
    let mut page = HEAD.to_owned();
    if torrents.is_empty() {
        page.push_str(
            "<p>No torrents yet: announce to <code>/announce</code>, over HTTP or UDP.</p>",
        );
        return page;
    }
    page.push_str("<table><tr><th>Info hash<th>Seeders<th>Leechers<th>Completed<th>Peers (client)");
    for torrent in torrents {
        let counts = torrent.counts;
        // Writing to a String cannot fail.
        let _ = write!(
            page,
            "<tr><td><code>{}</code><td>{}<td>{}<td>{}<td>",
            torrent.info_hash, counts.complete, counts.incomplete, counts.downloaded
        );
        for peer in &torrent.peers {
            let role = match peer.left {
                Some(0) => "seeder".to_owned(),
                Some(left) => format!("leecher, {left} bytes left"),
                None => "leecher".to_owned(),
            };
            let (addr, over, client) = (peer.addr, peer.transport.as_str(), escape(&peer.client));
            let _ = write!(page, "{addr} {role} ({client}, {over})<br>");
        }
    }
    page.push_str("</table>");
    page
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
