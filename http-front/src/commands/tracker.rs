//! `millrace tracker`

use tracker::server::LocalTracker;

use crate::FrontError;
use crate::cli::TrackerArgs;
use crate::commands::runtime;

/// Runs a tracker until stopped.
///
/// # Errors
/// The address can't be had.
pub fn run(args: &TrackerArgs) -> Result<(), FrontError> {
    runtime::run(args.log.log.as_deref(), async {
        let tracker = bind(args.bind).await?;
        println!("{}", tracker.announce_url());
        runtime::stop_asked().await?;
        tracker.shutdown().await;
        Ok(())
    })
}

pub(crate) async fn bind(address: std::net::SocketAddr) -> Result<LocalTracker, FrontError> {
    LocalTracker::bind(address).await.map_err(|error| FrontError::Io {
        what: "the tracker can't start".into(),
        source: std::io::Error::other(error),
    })
}
