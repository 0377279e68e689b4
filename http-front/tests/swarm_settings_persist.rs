//! What was changed over the API holds after a restart; what was not follows flags and variables.
#![cfg(feature = "lab")]

use fixtures::Result;
use fixtures::server::{Server, ServerOptions};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_change_survives_the_process() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let options = || {
        let mut options =
            ServerOptions::new(env!("CARGO_BIN_EXE_millrace")).data_dir(folder.path());
        for (name, value) in [("MILLRACE_SEED_RATIO", "2.5"), ("MILLRACE_MAX_CONNECTIONS", "77")] {
            options.env.push((name.to_owned(), value.to_owned()));
        }
        options
    };
    let server = Server::start(options()).await?;
    let change = json!({"max_connections": 99, "torrent_timeout_sec": 7, "trackers": []});
    let change = change.to_string();
    server.client().send("PUT", "/api/settings", &[], change).await?.ok()?;
    server.kill().await?;
    let server = Server::start(options()).await?;
    let now = server.client().json("/api/settings").await?;
    assert_eq!(now["max_connections"], 99, "the API's word is the last: {now}");
    assert_eq!(now["seed_ratio"], 2.5, "from the environment: {now}");
    assert_eq!(now["torrent_timeout_sec"], 7);
    let health = server.client().json("/health").await?;
    assert_eq!(
        (&health["config"]["timeout"], &health["config"]["maxRetries"]),
        (&json!(7), &json!(3))
    );
    Ok(())
}
