//! A magnet pasted into the page: it says what it waits for, then what it has.
#![cfg(feature = "lab")]

mod browser;

use browser::Browser;
use fixtures::Result;
use fixtures::swarm::Seeders;
use fixtures::torrents::TorrentSpec;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn it_tells_of_the_metadata_until_it_is_here() -> Result<()> {
    let torrent = TorrentSpec::pieces_of(16 * 1024).of_random("film.mp4", 31, 200_000)?;
    let seeders = Seeders::one(&torrent).await?;
    let (mut browser, server) = Browser::at_home().await?;
    let link = format!("magnet:?xt=urn:btih:{}&dn=A%20Film", torrent.info_hash);
    let paste = format!(
        "document.getElementById('reference').value = '{link}'; \
         document.getElementById('link').requestSubmit()"
    );
    browser.evaluate(&paste).await;
    // Its row stands there before the server has said why the torrent waits.
    let told = |shown: &Value| shown["facts"][0].as_str().is_some_and(|facts| !facts.is_empty());
    let waits = browser.until(told).await;
    let facts = waits["facts"][0].as_str().unwrap_or_default();
    assert!(facts.starts_with("connecting · 0 peers · asking for metadata"), "{waits}");
    assert_eq!(waits["titles"][0], "A Film");
    server.client().add_peers(&torrent.info_hash, &seeders.addrs()).await?;
    let has = |facts: Option<&str>| facts.is_some_and(|facts| facts.contains("100.00 % of 200 kB"));
    let known = browser.until(|shown| has(shown["facts"][0].as_str())).await;
    assert_eq!(known["titles"][0], "film.mp4", "its own name");
    browser.close().await;
    Ok(())
}
