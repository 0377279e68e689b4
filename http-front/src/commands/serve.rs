//! `millrace serve`

use crate::FrontError;
use crate::cli::ServeArgs;
use crate::commands::runtime;
use crate::{config, serve};

/// Serves until stopped.
///
/// # Errors
/// A setting that can't be, or a server that can't start.
pub fn run(args: &ServeArgs) -> Result<(), FrontError> {
    let config = config::load(args, |name| std::env::var(name).ok())?;
    runtime::run(config.log.as_deref(), async {
        let running = serve::start(&config).await?;
        runtime::stop_asked().await?;
        running.shut_down().await;
        Ok(())
    })
}
