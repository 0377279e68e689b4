//! The `millrace` binary.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use http_front::cli::{Cli, Command};
use http_front::{FrontError, commands};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Each of our errors tells its cause already.
            eprintln!("millrace: {error}");
            // What the user asked for can't be: as for a wrong flag.
            match error.downcast_ref::<FrontError>() {
                Some(FrontError::Config(_)) => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(args) => commands::serve::run(&args)?,
        Command::Play(args) => commands::play::run(&args)?,
        Command::Create(args) => commands::create::run(&args)?,
        Command::Seed(args) => commands::seed::run(&args)?,
        Command::Inspect(args) => commands::inspect::run(&args)?,
        Command::Probe(args) => commands::probe::run(&args)?,
        Command::Tracker(args) => commands::tracker::run(&args)?,
        #[cfg(feature = "lab")]
        Command::Demo(args) => commands::demo::run(&args)?,
        #[cfg(feature = "lab")]
        Command::Lab(args) => commands::lab::run(&args)?,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "millrace", &mut std::io::stdout());
        }
    }
    Ok(())
}
