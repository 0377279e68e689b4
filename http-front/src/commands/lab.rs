//! `millrace lab`

use std::path::Path;

use fixtures::sim::{self, PolicyKind, Report, Row, Scenario, report};
use fixtures::{FixtureError, live};

use super::runtime;
use crate::FrontError;
use crate::cli::LabArgs;

/// Runs the swarm scenarios and prints what they came to.
///
/// # Errors
/// No such scenario, file or policy; live, that the peers or the engine do not start.
pub fn run(args: &LabArgs) -> Result<(), FrontError> {
    let wrong = |error: FixtureError| FrontError::Config(error.to_string());
    let mut scenarios = scenarios(&args.scenarios)?;
    if let Some(seconds) = args.seconds {
        scenarios = scenarios.into_iter().map(|s| s.lasting(seconds.into())).collect();
    }
    let policies = args.policy.iter().map(|name| PolicyKind::named(name));
    let mut policies = policies.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    if policies.is_empty() {
        policies = PolicyKind::ALL.to_vec();
    }
    let seeds: Vec<u64> = (0..args.seeds.max(1)).map(|n| args.seed.saturating_add(n)).collect();
    let reports = if args.against.is_some() {
        let log = std::env::var_os("RUST_LOG").is_none().then_some("warn");
        runtime::run(log, live_runs(&scenarios, &seeds))?
    } else {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        sim::run_all(&scenarios, &seeds, &policies, threads).map_err(wrong)?
    };
    if args.json {
        print!("{}", lines(&reports)?);
    } else {
        print!("{}", report::markdown(&rows(&reports)));
    }
    Ok(())
}

/// One live run after the other: together they would share the machine.
async fn live_runs(scenarios: &[Scenario], seeds: &[u64]) -> Result<Vec<Report>, FrontError> {
    let mut reports = Vec::new();
    for scenario in scenarios {
        for seed in seeds {
            let run = live::run(scenario, *seed).await;
            reports.push(run.map_err(|error| FrontError::Io {
                what: format!("{} live", scenario.name),
                source: std::io::Error::other(error),
            })?);
        }
    }
    Ok(reports)
}

/// The scenarios of these names and files; all that are built in without any.
fn scenarios(wanted: &[String]) -> Result<Vec<Scenario>, FrontError> {
    let wrong = |error: FixtureError| FrontError::Config(error.to_string());
    let known = Scenario::built_in().map_err(wrong)?;
    if wanted.is_empty() {
        return Ok(known);
    }
    let mut found = Vec::new();
    for name in wanted {
        let same = known.iter().find(|scenario| scenario.name.eq_ignore_ascii_case(name));
        match same {
            Some(scenario) => found.push(scenario.clone()),
            None if name == "all" => found.extend(known.iter().cloned()),
            None if Path::new(name).extension().is_some() => {
                found.extend(Scenario::read(Path::new(name)).map_err(wrong)?);
            }
            None => {
                let names: Vec<_> = known.iter().map(|scenario| scenario.name.as_str()).collect();
                return Err(FrontError::Config(format!(
                    "no scenario {name:?}: name {}, all, or a .yaml file",
                    names.join(", ")
                )));
            }
        }
    }
    Ok(found)
}

/// A line of JSON a run.
fn lines(reports: &[Report]) -> Result<String, FrontError> {
    let mut text = String::new();
    for report in reports {
        let line = serde_json::to_string(report);
        text.push_str(&line.map_err(|error| FrontError::Config(error.to_string()))?);
        text.push('\n');
    }
    Ok(text)
}

/// A row a scenario and policy, in the order of the runs.
fn rows(reports: &[Report]) -> Vec<Row> {
    let same = |a: &Report, b: &Report| a.scenario == b.scenario && a.policy == b.policy;
    let groups = reports.chunk_by(same);
    groups.filter_map(|runs| Row::of(&runs.iter().collect::<Vec<_>>())).collect()
}
