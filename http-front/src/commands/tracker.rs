//! `millrace tracker`

use std::net::SocketAddr;

use tracker::TrackerError;
use tracker::server::LocalTracker;
use tracker::server::store::Limits;

use crate::FrontError;
use crate::cli::TrackerArgs;
use crate::commands::runtime;

/// Runs a tracker until stopped.
///
/// # Errors
/// The address can't be had.
pub fn run(args: &TrackerArgs) -> Result<(), FrontError> {
    runtime::run(args.log.log.as_deref(), async {
        let bound = LocalTracker::bind_with(args.bind, Limits::default(), args.fault.clone()).await;
        let tracker = bound.map_err(cannot_start)?;
        // One write: whoever reads the first line alone may be gone by the second.
        let [http, udp] = [tracker.announce_url(), tracker.udp_announce_url()];
        let told = format!("{http}\n{udp}\nstatus page: {}\n", tracker.page_url());
        print!("{told}");
        runtime::stop_asked().await?;
        tracker.shutdown().await;
        Ok(())
    })
}

pub(crate) async fn bind(address: SocketAddr) -> Result<LocalTracker, FrontError> {
    LocalTracker::bind(address).await.map_err(cannot_start)
}

fn cannot_start(error: TrackerError) -> FrontError {
    FrontError::Io { what: "the tracker can't start".into(), source: std::io::Error::other(error) }
}
