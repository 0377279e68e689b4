//! `millrace probe`

use crate::FrontError;
use crate::cli::ProbeArgs;
use crate::probe;

/// Says what a media file contains.
///
/// # Errors
/// It can't be read, or is no media that is known.
pub fn run(args: &ProbeArgs) -> Result<(), FrontError> {
    let failed =
        |error: &dyn std::fmt::Display| FrontError::Probe(format!("{}: {error}", args.source));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(&error))?;
    let told = runtime.block_on(probe::command(&args.source, args.json));
    print!("{}", told.map_err(|error| failed(&error))?);
    Ok(())
}
