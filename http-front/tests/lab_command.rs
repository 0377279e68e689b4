//! `millrace lab`: a table, or a line of JSON a run; equal seeds give equal output.
#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::{Command, Output};

const OWN: &str = "
scenarios:
  - name: mine
    piece_kib: 256
    size_mib: 64
    seconds: 8
    video: 500
    seeks: [4]
    peers:
      - { count: 3, rate: 800, rtt: 20 }
";

fn lab(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_millrace")).arg("lab").args(args).output().unwrap()
}

fn runs(args: &[&str]) -> Vec<serde_json::Value> {
    let output = lab(args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut runs: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for run in &mut runs {
        run.as_object_mut().unwrap().remove("ns_per_request").unwrap();
    }
    runs
}

#[test]
fn a_line_of_json_says_what_a_run_came_to() {
    let args = ["s1", "--policy", "millrace", "--seed", "5", "--seeds", "2", "--json"];
    let first = runs(&args);
    assert_eq!(first.len(), 2);
    let run = first[0].as_object().unwrap();
    let mut fields: Vec<_> = run.keys().map(String::as_str).collect();
    fields.sort_unstable();
    let expected = [
        "banned",
        "liars",
        "link_use",
        "live",
        "played_s",
        "policy",
        "scenario",
        "seed",
        "seeks",
        "stall_s",
        "ttfb_bound_s",
        "ttfb_s",
        "useful_bytes",
        "wasted_bytes",
    ];
    assert_eq!(fields, expected);
    assert_eq!((&run["scenario"], &run["seed"]), (&"S1".into(), &5.into()));
    let seek = &run["seeks"][0];
    assert!(seek["at_s"].as_f64().unwrap() >= 12.0);
    assert!(seek["first_byte_s"].as_f64().unwrap() >= seek["bound_s"].as_f64().unwrap());
    assert_eq!(first, runs(&args), "same seed, same output");
}

#[test]
fn a_live_run_reads_the_swarm_over_sockets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yaml");
    std::fs::write(&path, OWN).unwrap();
    let args = [path.to_str().unwrap(), "--against", "real", "--seconds", "4", "--json"];
    let live = runs(&args);
    let run = live[0].as_object().unwrap();
    assert_eq!((&run["live"], &run["policy"]), (&true.into(), &"millrace".into()));
    assert_eq!(run["seeks"].as_array().unwrap().len(), 1);
    assert!(run["useful_bytes"].as_u64() > Some(0), "{run:?}");
}

#[test]
fn an_own_scenario_is_a_table_with_a_row_a_policy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yaml");
    std::fs::write(&path, OWN).unwrap();
    let output = lab(&[path.to_str().unwrap()]);
    let table = String::from_utf8(output.stdout).unwrap();
    for policy in ["millrace", "libtorrent-like", "rqbit-like", "webtorrent-like"] {
        assert!(table.contains(&format!("| mine | {policy} |")), "{table}");
    }
}

#[test]
fn what_does_not_exist_is_a_wrong_argument() {
    let others_live = ["S1", "--against", "real", "--policy", "rqbit-like"];
    for args in [&["S99"][..], &["S1", "--policy", "best"], &["nowhere.yaml"], &others_live] {
        let output = lab(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty());
        assert!(!output.stderr.is_empty());
    }
}
